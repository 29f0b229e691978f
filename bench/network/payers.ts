/** Who pays whom in the measurements. */
import type { Hex } from 'viem';
import { type DevName, devAccount } from '../../node/devnet/accounts.ts';
import type { NetworkNode } from '../../node/devnet/network/networkNode.ts';
import { prefixedHex, wordHex } from '../../protocol/bytes.ts';
import { encodeTx } from '../../protocol/codec/tx.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { signTx, txHash } from '../../protocol/tx.ts';
import type { Field } from '../../protocol/types.ts';
import { transfer } from '../../sdk/ops.ts';
import { BenchRpc } from '../evm/rpc.ts';

const NEVER = 2 ** 40 - 1;
const GWEI = 10n ** 9n;

export interface Sent {
  readonly hash: Hex;
  /** `performance.now()` before it left. */
  readonly atMs: number;
}

/** Transfers on the EVM lane from one account, with nonces counted here. */
export class EvmPayer {
  readonly #account: ReturnType<typeof devAccount>;
  readonly #to: Hex;
  readonly #chainId: number;
  #nonce: number;

  private constructor(name: DevName, { to, chainId, nonce }: { to: Hex; chainId: number; nonce: number }) {
    this.#account = devAccount(name);
    this.#to = to;
    this.#chainId = chainId;
    this.#nonce = nonce;
  }

  static async open(name: DevName, { to, rpcUrl }: { to: DevName; rpcUrl: string }): Promise<EvmPayer> {
    const rpc = new BenchRpc(rpcUrl, 1);
    try {
      const chainId = Number(await rpc.call<Hex>('eth_chainId', []));
      const nonce = Number(await rpc.call<Hex>('eth_getTransactionCount', [devAccount(name).l1.address, 'pending']));
      return new EvmPayer(name, { to: devAccount(to).l1.address, chainId, nonce });
    } finally {
      rpc.close();
    }
  }

  async sign(): Promise<Hex> {
    const fees = { maxFeePerGas: 2n * GWEI, maxPriorityFeePerGas: 0n, gas: 21_000n };
    const tx = {
      type: 'eip1559',
      chainId: this.#chainId,
      to: this.#to,
      value: 1n,
      nonce: this.#nonce,
      ...fees,
    } as const;
    this.#nonce += 1;
    return this.#account.l1.signTransaction(tx);
  }

  async pay(rpc: BenchRpc): Promise<Sent> {
    const raw = await this.sign();
    const atMs = performance.now();
    return { atMs, hash: await rpc.call<Hex>('eth_sendRawTransaction', [raw]) };
  }
}

/** Transfers on the ledger lane from one account. */
export class LedgerPayer {
  readonly #options: { readonly owner: DevName; readonly account: number; readonly to: number; readonly domain: Field };
  #nonce = 0;

  constructor(options: { owner: DevName; account: number; to: number; domain: Field }) {
    this.#options = options;
  }

  async pay({ rpc }: NetworkNode): Promise<Sent> {
    const { owner, account, to, domain } = this.#options;
    const [signer, payee] = [accountIndex(account), accountIndex(to)];
    const ops = [transfer({ from: signer, to: payee, amount: 1n })];
    const tx = signTx({ signer, nonce: this.#nonce, validUntil: NEVER, ops }, devAccount(owner).seed, domain);
    this.#nonce += 1;
    const atMs = performance.now();
    await rpc.request('engram_sendTransaction', [prefixedHex(encodeTx(tx))]);
    return { atMs, hash: wordHex(txHash(tx, domain)) };
  }
}
