/** Somebody with a ledger account: signs transactions and sends them to whatever node lives now. */
import { type DevAccount, type DevName, devAccount } from '../../../node/devnet/accounts.ts';
import { accountsOf } from '../../../node/devnet/funding.ts';
import { prefixedHex, wordHex } from '../../../protocol/bytes.ts';
import { encodeTx } from '../../../protocol/codec/tx.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import { signTx, txHash } from '../../../protocol/tx.ts';
import type { AccountIndex, Field, Op, Signature, SignedTx } from '../../../protocol/types.ts';
import type { RpcClient } from '../../../sdk/rpcClient.ts';
import type { Hex } from '../../../sdk/rpcTypes.ts';

export const NEVER = 2 ** 40 - 1;

export interface Signed {
  readonly tx: SignedTx;
  readonly bytes: Hex;
  readonly hash: Hex;
}

export class User {
  readonly account: DevAccount;
  readonly index: AccountIndex;
  readonly domain: Field;
  #nonce = 0;

  constructor(name: DevName, { index, domain }: { index: number; domain: Field }) {
    this.account = devAccount(name);
    this.index = accountIndex(index);
    this.domain = domain;
  }

  /** Waits until the ledger knows an account of this person in `token`. */
  static async open(name: DevName, rpc: RpcClient, token = 0): Promise<User> {
    const { domain } = await rpc.request('engram_chainInfo', []);
    for (let count = 1; ; count += 1) {
      const accounts = await accountsOf(devAccount(name), count, { rpc });
      const found = accounts.find((account) => account.token === token);
      // the node's own domain
      if (found !== undefined) return new User(name, { index: found.index, domain: BigInt(domain) as Field });
    }
  }

  /** Signs with the next nonce, for this deployment or for `domain`. `vouchers`: one a CLAIM, in order. */
  sign(ops: readonly Op[], domain: Field = this.domain, vouchers: readonly Signature[] = []): Signed {
    const signed = this.signAt(this.#nonce, ops, domain, vouchers);
    this.#nonce += 1;
    return signed;
  }

  signAt(nonce: number, ops: readonly Op[], domain: Field = this.domain, vouchers: readonly Signature[] = []): Signed {
    const tx = signTx({ signer: this.index, nonce, validUntil: NEVER, ops }, this.account.seed, domain, vouchers);
    return { tx, bytes: prefixedHex(encodeTx(tx)), hash: wordHex(txHash(tx, domain)) };
  }
}
