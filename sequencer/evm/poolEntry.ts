import { effectiveTip, feeCap, tipCap } from '../../chain/evm/fees.ts';
import { maxCost } from '../../chain/evm/txRules.ts';
import type { EvmTx } from '../../chain/evm/types.ts';
import type { SignedAuthorization } from './recoverPool.ts';

/** A transaction in the pool with what is asked about it again and again. */
export interface PoolEntry {
  readonly tx: EvmTx;
  readonly nonce: number;
  /** The most it may cost its sender, wei. */
  readonly cost: bigint;
  /** Wei for a unit of gas. */
  readonly feeCap: bigint;
  readonly tip: bigint;
  readonly bytes: number;
  readonly addedAtMs: number;
  /** Order of arrival: the earlier goes first among equals. */
  readonly sequence: number;
  /** Whom it delegates (EIP-7702). */
  readonly authorizations: readonly SignedAuthorization[];
  /** Times a block could not take it where it stood. */
  rejections: number;
}

export interface Arrival {
  readonly addedAtMs: number;
  readonly sequence: number;
  readonly authorizations: readonly SignedAuthorization[];
}

export function poolEntry(tx: EvmTx, arrival: Arrival): PoolEntry {
  return {
    tx,
    nonce: Number(tx.tx.nonce),
    cost: maxCost(tx.tx),
    feeCap: feeCap(tx.tx),
    tip: tipCap(tx.tx),
    bytes: tx.raw.length,
    addedAtMs: arrival.addedAtMs,
    sequence: arrival.sequence,
    authorizations: arrival.authorizations,
    rejections: 0,
  };
}

/** What a unit of gas brings the beneficiary at this base fee; negative if the transaction has to wait. */
export function tipAt(entry: PoolEntry, baseFee: bigint): bigint {
  return effectiveTip(entry.tx.tx, baseFee);
}

/** geth's rule for the same nonce again: at least 10 % more of the fee cap and of the tip. */
export function canReplace(entry: PoolEntry, replaced: PoolEntry): boolean {
  return isBumped(entry.feeCap, replaced.feeCap) && isBumped(entry.tip, replaced.tip);
}

function isBumped(fee: bigint, before: bigint): boolean {
  return fee > before && fee * 100n >= before * 110n;
}
