import { prefixedHex } from '../../protocol/bytes.ts';
import { encodeTx } from '../../protocol/codec/tx.ts';
import { signTx } from '../../protocol/tx.ts';
import type { AccountIndex, Field, Op, SignedVoucher } from '../../protocol/types.ts';
import type { RpcClient } from '../../sdk/rpcClient.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';

export interface SentOps {
  readonly from: AccountIndex;
  readonly seed: Uint8Array;
  readonly ops: readonly Op[];
  /** Of the CLAIMs among the ops, in order. */
  readonly vouchers?: readonly SignedVoucher[];
  /** Default: the account's next, as of the newest block. */
  readonly nonce?: number;
}

/** The bytes of one transaction that stays valid, as `engram_sendTransaction` takes them. */
export function signedOps({ from, seed, ops, vouchers = [], nonce = 0 }: SentOps, domain: Field): Hex {
  const signatures = vouchers.map(({ signature }) => signature);
  const tx = { signer: from, nonce, validUntil: 2 ** 40 - 1, ops };
  return prefixedHex(encodeTx(signTx(tx, seed, domain, signatures)));
}

/** Sends one transaction as it is, whatever the node thinks of it; returns its hash. @throws RpcClientError */
export async function sendOps(sent: SentOps, { rpc, domain }: { rpc: RpcClient; domain: Field }): Promise<Hex> {
  const nonce = sent.nonce ?? (await rpc.request('engram_getAccount', [sent.from]))?.nonce ?? 0;
  return rpc.request('engram_sendTransaction', [signedOps({ ...sent, nonce }, domain)]);
}
