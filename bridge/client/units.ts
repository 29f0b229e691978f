/** From the ledger's types to the contract's arguments and back. Pure. */
import { concat, encodeAbiParameters, keccak256, toHex } from 'viem';
import { R_FIELD } from '../../protocol/field.ts';
import type { EvmBatch } from '../../protocol/lane/types.ts';
import { shape, shapeById } from '../../protocol/shapes.ts';
import type { AccountIndex, ClosedBatch, FeeLanes, Field, QueueItem } from '../../protocol/types.ts';
import { rollupAbi } from './abi.ts';
import { BridgeError } from './errors.ts';
import type { Address, Hex, PostedHeader, StoredBatch } from './types.ts';

const MASK_96 = (1n << 96n) - 1n;

/** The contract's `BatchInput`. */
export interface BatchInput {
  readonly shapeId: number;
  readonly timestamp: number;
  readonly l1Count: number;
  readonly opCount: number;
  readonly exitCount: number;
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  readonly feeAccounts: bigint;
  readonly evmOutput: Hex;
  readonly newRoot: bigint;
  readonly c: bigint;
}

/** @throws BridgeError EVM_MISMATCH if the batch was closed with another commitment: it could not be proven */
export function batchInput(closed: ClosedBatch, evm: Pick<EvmBatch, 'outputHash' | 'commitment'>): BatchInput {
  const { batch, commitment, exits } = closed;
  if (batch.evmCommitment !== evm.commitment) throw new BridgeError('EVM_MISMATCH', { number: batch.number });
  return {
    shapeId: shape(batch.shape).id,
    timestamp: batch.timestamp,
    l1Count: batch.l1Ops.length,
    opCount: batch.txs.reduce((sum, tx) => sum + tx.ops.length, 0),
    exitCount: exits.length,
    firstBlock: batch.firstBlock,
    lastBlock: batch.lastBlock,
    feeAccounts: batch.feeAccounts.reduce((word, index, lane) => word | (BigInt(index) << BigInt(32 * lane)), 0n),
    evmOutput: evm.outputHash,
    newRoot: batch.newRoot,
    c: commitment.c,
  };
}

/** What a commit stated, split but not judged: L1 leaves some of it (fee lanes) to the proof. */
export function postedHeader(input: BatchInput, evmData: Uint8Array): PostedHeader {
  const lane = (i: number) => Number((input.feeAccounts >> BigInt(32 * i)) & 0xffffffffn) as AccountIndex;
  const feeAccounts: FeeLanes = [lane(0), lane(1), lane(2), lane(3)];
  return {
    shapeId: input.shapeId,
    newRoot: input.newRoot as Field, // L1 accepted it, so it is canonical
    timestamp: input.timestamp,
    l1Count: input.l1Count,
    opCount: input.opCount,
    exitCount: input.exitCount,
    feeAccounts,
    firstBlock: input.firstBlock,
    lastBlock: input.lastBlock,
    evmCommitment: BigInt(evmCommitmentOf(input.evmOutput, evmData)),
    c: input.c as Field, // as newRoot
  };
}

/** What L1 computes of the EVM lane's part: `keccak256(evmOutput ‖ keccak256(evmData))`. */
export function evmCommitmentOf(evmOutput: Hex, evmData: Uint8Array): Hex {
  return keccak256(concat([evmOutput, keccak256(evmData)]));
}

/** The L1 records and exits at the start of a body: what `proveBatches` wants to see again. */
export function xBody(body: Uint8Array, counts: { l1Count: number; exitCount: number }): Uint8Array {
  return body.subarray(0, counts.l1Count * 128 + counts.exitCount * 64);
}

export function hashOfStored(stored: StoredBatch): Hex {
  const revert = rollupAbi.find((entry) => entry.type === 'function' && entry.name === 'revertBatches');
  if (revert?.type !== 'function' || revert.name !== 'revertBatches') throw new BridgeError('BAD_LOG');
  return keccak256(encodeAbiParameters(revert.inputs, [stored]));
}

/** Words of a queue item, with what the sequencer fills in set to 0 (the contract hashes these). */
export function queueItemWords(item: QueueItem): { l0: bigint; x: bigint; y: bigint; owner: Address } {
  const index = item.opcode === 1 ? 0 : item.index;
  const token = item.opcode === 3 ? 0 : item.token;
  const amount = item.opcode === 3 ? 0n : item.amount;
  const l0 = BigInt(item.opcode) | (BigInt(index) << 16n) | (BigInt(token) << 48n) | (amount << 64n);
  const [x, y] = item.opcode === 1 ? item.key : [0n, 0n];
  return { l0, x, y, owner: addressOf(item.address) };
}

/** Parses the words of a `Queued` log. @throws BridgeError BAD_LOG */
export function queueItemFromWords(l0: bigint, x: bigint, y: bigint, owner: Address): QueueItem {
  const address = BigInt(owner);
  const index = Number((l0 >> 16n) & 0xffffffffn) as AccountIndex; // the contract bounds it by 2^24
  const token = Number((l0 >> 48n) & 0xffffn);
  const amount = (l0 >> 64n) & MASK_96;
  const opcode = Number(l0 & 0xffffn);
  if (x < R_FIELD && y < R_FIELD && l0 >> 160n === 0n) {
    if (opcode === 1) return { opcode, token, amount, key: [x as Field, y as Field], address };
    if (opcode === 2) return { opcode, index, token, amount, address };
    if (opcode === 3) return { opcode, index, address };
  }
  throw new BridgeError('BAD_LOG', { l0: toHex(l0) });
}

export function addressOf(value: bigint): Address {
  return toHex(value, { size: 20 });
}

/** Name of a shape id. @throws ProtocolError UNKNOWN_SHAPE */
export function shapeNameOf(id: number) {
  return shapeById(id).name;
}
