/** The people of the demo: a ledger key and an L1 wallet each, and what they do with them. */
import type { PublicClient } from 'viem';
import { RollupClient } from '../../bridge/client/rollupClient.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import type { DevAccount, DevName } from '../../node/devnet/accounts.ts';
import type { Devnet } from '../../node/devnet/devnet.ts';
import { accountsOf } from '../../node/devnet/funding.ts';
import { bytesToHex } from '../../protocol/bytes.ts';
import { encodeTx } from '../../protocol/codec/tx.ts';
import { field } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { signTx } from '../../protocol/tx.ts';
import type { AccountIndex, Field, Op, Point, Signature } from '../../protocol/types.ts';
import { exit, register, transfer } from '../../sdk/ops.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';

export class Person {
  readonly account: DevAccount;
  readonly l1: RollupClient;
  /** Ledger account by token id. */
  readonly index = new Map<number, number>();
  readonly #devnet: Devnet;

  private constructor(devnet: Devnet, account: DevAccount, l1: RollupClient) {
    this.#devnet = devnet;
    this.account = account;
    this.l1 = l1;
  }

  static async of(devnet: Devnet, name: DevName): Promise<Person> {
    const clients = localClients(devnet.l1);
    const account = devnet.person(name);
    const l1 = await RollupClient.open(
      { address: devnet.rollup, deployedAt: devnet.deployedAt },
      { publicClient: clients.publicClient as PublicClient, wallet: clients.walletClient(account.l1) },
    );
    return new Person(devnet, account, l1);
  }

  get name(): DevName {
    return this.account.name;
  }

  get address(): bigint {
    return BigInt(this.account.l1.address);
  }

  /** Waits until the ledger knows `count` accounts of this key and remembers their indices. */
  async findAccounts(count: number, signal?: AbortSignal): Promise<void> {
    for (const { token, index } of await accountsOf(this.account, count, { rpc: this.#devnet.rpc, signal })) {
      this.index.set(token, index);
    }
  }

  indexOf(token: number): AccountIndex {
    const index = this.index.get(token);
    if (index === undefined) throw new RangeError(`${this.name} has no account of token ${token}`);
    return accountIndex(index);
  }

  /** Signs and sends one transaction from the account of `token`; resolves once it is in a block. `vouchers`: one a CLAIM, in order. */
  async send(token: number, ops: readonly Op[], vouchers: readonly Signature[] = []): Promise<Hex> {
    const { rpc } = this.#devnet;
    const signer = this.indexOf(token);
    const account = await rpc.request('engram_getAccount', [signer]);
    const info = await rpc.request('engram_chainInfo', []);
    const tx = { signer, nonce: account?.nonce ?? 0, validUntil: 2 ** 40 - 1, ops };
    const signed = signTx(tx, this.account.seed, field(BigInt(info.domain)), vouchers);
    const bytes: Hex = `0x${bytesToHex(encodeTx(signed)).replace(/^0x/, '')}`;
    const hash = await rpc.request('engram_sendTransaction', [bytes]);
    await rpc.waitForTransaction(hash, 'included');
    return hash;
  }

  transfer(token: number, to: number, amount: bigint, more: { fee?: bigint; memo?: readonly Field[] } = {}): Op {
    return transfer({ from: this.indexOf(token), to: accountIndex(to), amount, ...more });
  }

  /** The sequencer assigns the index. */
  register(token: number, owner: { key: Point; address: bigint }, amount: bigint): Op {
    return register({ from: this.indexOf(token), ...owner, amount });
  }

  /** To this person's wallet on L1. */
  exit(token: number, amount: bigint): Op {
    return exit({ from: this.indexOf(token), recipient: this.address, amount });
  }
}
