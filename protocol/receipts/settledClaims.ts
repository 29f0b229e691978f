import { type BatchBody, decodeBody } from '../codec/body.ts';
import type { BatchHeader } from '../codec/header.ts';
import { challengeOf, dataHashOf } from '../commitment.ts';
import { keccak256 } from '../crypto/keccak.ts';
import { ZERO } from '../field.ts';
import { type AccountIndex, type BatchNumber, type Field, Opcode } from '../types.ts';
import { ReceiptError } from './receiptError.ts';

/** What a CLAIM op of a batch says: the channel had paid `total` in all, for the receipts under `receiptsRoot`. */
export interface SettledClaim {
  readonly channel: AccountIndex;
  /** Who was paid and signed the claim. */
  readonly provider: AccountIndex;
  readonly total: bigint;
  readonly receiptsRoot: Field;
  /** What this claim moved: `amount + fee + royalty` is its delta. */
  readonly amount: bigint;
  readonly fee: bigint;
  readonly royalty: bigint;
  /** Position of the transaction in the batch and of the op in it, both from 0. */
  readonly txPosition: number;
  readonly opPosition: number;
}

/** The claims of a decoded body, in order. */
export function claimsOf(body: BatchBody): SettledClaim[] {
  return body.txOps.flatMap((ops, txPosition) =>
    ops.flatMap((op, opPosition): SettledClaim[] => {
      if (op.opcode !== Opcode.CLAIM) return [];
      const [total = ZERO, receiptsRoot = ZERO, royalty = ZERO] = op.payload;
      const { from: channel, to: provider, amount, fee } = op;
      return [{ channel, provider, total, receiptsRoot, amount, fee, royalty, txPosition, opPosition }];
    }),
  );
}

/** A batch as it was posted on L1: header and body from the calldata, and what the rollup contract stored for it. */
export interface PostedClaims {
  readonly header: BatchHeader;
  readonly body: Uint8Array;
  /** C and the challenge r, which binds header, shape and body. From L1, never from the node that sent header and body. */
  readonly stored: { readonly c: Field; readonly r: Field };
}

export interface SettledClaims {
  readonly batch: BatchNumber;
  /** The batch's timestamp, seconds. */
  readonly timestamp: number;
  readonly domain: Field;
  readonly claims: readonly SettledClaim[];
}

/**
 * The claims of a posted batch. They are settled if the caller knows from L1 that the batch `header.number` is proven: the proof
 * says that every rule held, voucher signatures included.
 * @throws ReceiptError CLAIM_DATA (data that L1 did not take); ProtocolError BAD_BATCH, MALFORMED_BYTES, UNKNOWN_OPCODE (no such body)
 */
export function settledClaims({ header, body, stored }: PostedClaims): SettledClaims {
  const found = challengeOf(dataHashOf(header, keccak256(body)), stored.c);
  if (found !== stored.r) throw new ReceiptError('CLAIM_DATA', { batch: header.number, expected: stored.r, found });
  const claims = claimsOf(decodeBody(body, header));
  return { batch: header.number, timestamp: header.timestamp, domain: header.domain, claims };
}
