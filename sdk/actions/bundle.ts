import { type Op, Opcode, type Signature } from '../../protocol/types.ts';
import type { AnyClient } from '../request.ts';
import type { Hex } from '../rpcTypes.ts';
import { send, type WriteOptions } from './send.ts';
import { resolveSigner } from './signer.ts';

export interface BundleParameters extends WriteOptions {
  /** Made by `ops.*`; all of one signer and token. An op whose fee is 0 pays the least fee. */
  readonly ops: readonly Op[];
  /** Vouchers' signatures of the CLAIM ops among them, in order. */
  readonly vouchers?: readonly Signature[];
}

/**
 * Several operations under one signature: all happen or none. Returns the transaction's hash.
 * @throws as `send`
 */
export async function bundle(client: AnyClient, parameters: BundleParameters): Promise<Hex> {
  const { ops, vouchers = [], ...options } = parameters;
  const signer = await resolveSigner(client, options);
  return send(client, { signer, vouchers, ops: (fee) => ops.map((op) => withFee(op, fee)) }, options);
}

/** What a CLAIM takes is fixed by its voucher: its fee comes out of the amount. */
function withFee(op: Op, fee: bigint): Op {
  if (op.fee !== 0n || fee === 0n) return op;
  return op.opcode === Opcode.CLAIM ? { ...op, fee, amount: op.amount - fee } : { ...op, fee };
}
