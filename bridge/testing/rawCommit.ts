/** Commits with parts replaced: what a hostile sequencer would send. */
import { encodeFunctionData, type Hex, toHex } from 'viem';
import type { EvmBatch } from '../../protocol/lane/types.ts';
import type { ClosedBatch } from '../../protocol/types.ts';
import { rollupAbi } from '../client/abi.ts';
import type { Address, L1Call, Proof } from '../client/types.ts';
import { type BatchInput, batchInput } from '../client/units.ts';
import { NO_EVM } from './evmBatch.ts';

export interface Changes {
  readonly input?: Partial<BatchInput>;
  readonly body?: Uint8Array;
  /** What the batch was closed with; default: nothing. */
  readonly evm?: EvmBatch;
  readonly evmData?: Uint8Array;
}

export function rawCommit(to: Address, closed: ClosedBatch, changes: Changes = {}): L1Call {
  const args = commitArgs(closed, changes);
  return { to, data: encodeFunctionData({ abi: rollupAbi, functionName: 'commitBatch', args }), value: 0n };
}

export function rawSubmit(to: Address, closed: ClosedBatch, proof: Proof, changes: Changes = {}): L1Call {
  const args = [...commitArgs(closed, changes), proof] as const;
  return { to, data: encodeFunctionData({ abi: rollupAbi, functionName: 'submitProvenBatch', args }), value: 0n };
}

function commitArgs(closed: ClosedBatch, { input, body, evm = NO_EVM, evmData }: Changes) {
  const stated = { ...batchInput(closed, evm), ...input };
  return [stated, toHex(body ?? closed.commitment.body), toHex(evmData ?? evm.data)] as const;
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
