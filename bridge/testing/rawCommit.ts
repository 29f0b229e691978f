/** Commits with parts replaced: what a hostile sequencer would send. */
import { encodeFunctionData, type Hex, toHex } from 'viem';
import type { ClosedBatch } from '../../protocol/types.ts';
import { rollupAbi } from '../client/abi.ts';
import type { Address, L1Call, Proof } from '../client/types.ts';
import { type BatchInput, batchInput } from '../client/units.ts';

export interface Changes {
  readonly input?: Partial<BatchInput>;
  readonly body?: Uint8Array;
}

export function rawCommit(to: Address, closed: ClosedBatch, changes: Changes = {}): L1Call {
  const args = [{ ...batchInput(closed), ...changes.input }, toHex(changes.body ?? closed.commitment.body)] as const;
  return { to, data: encodeFunctionData({ abi: rollupAbi, functionName: 'commitBatch', args }), value: 0n };
}

export function rawSubmit(to: Address, closed: ClosedBatch, proof: Proof, changes: Changes = {}): L1Call {
  const args = [
    { ...batchInput(closed), ...changes.input },
    toHex(changes.body ?? closed.commitment.body),
    proof,
  ] as const;
  return { to, data: encodeFunctionData({ abi: rollupAbi, functionName: 'submitProvenBatch', args }), value: 0n };
}

/** A copy of the body with the 32-byte word at `offset` changed. */
export function withWord(body: Uint8Array, offset: number, change: (word: bigint) => bigint): Uint8Array {
  const copy = Uint8Array.from(body);
  const word = BigInt(toHex(copy.subarray(offset, offset + 32)));
  const hex: Hex = toHex(change(word), { size: 32 });
  copy.set(Buffer.from(hex.slice(2), 'hex'), offset);
  return copy;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
