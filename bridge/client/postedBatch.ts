import { decodeFunctionData, hexToBytes, keccak256, type Log, parseEventLogs, toHex } from 'viem';
import { batchNumber } from '../../protocol/ids.ts';
import type { Field } from '../../protocol/types.ts';
import { rollupAbi } from './abi.ts';
import { BridgeError } from './errors.ts';
import { positionOf } from './events.ts';
import type { Address, Hex, PostedBatch, StoredBatch } from './types.ts';
import { type BatchInput, hashOfStored, postedHeader, shapeNameOf, xBody } from './units.ts';

/** What L1 tells of a commit besides its log. */
export interface CommitContext {
  /** Calldata of the transaction. */
  readonly input: Hex;
  readonly from: Address;
  /** Of the L1 block, in seconds. */
  readonly timestamp: bigint;
  /** The new root of the batch before, or the genesis root. */
  readonly oldRoot: Field;
}

/** Number and new root of a `BatchCommitted` log. @throws BridgeError BAD_LOG */
export function committedArgs(log: Log) {
  const [event] = parseEventLogs({ abi: rollupAbi, logs: [log], eventName: 'BatchCommitted' });
  if (event === undefined) throw new BridgeError('BAD_LOG', { topics: log.topics });
  return event.args;
}

/**
 * Rebuilds a posted batch from its log and calldata, and checks it against the hash that L1 keeps.
 * @throws BridgeError BAD_LOG, NOT_A_COMMIT
 */
export function postedBatch(log: Log, context: CommitContext): PostedBatch {
  const l1 = positionOf(log);
  const { number, storedHash, r, y } = committedArgs(log);
  const { input, body, evmData, isOpenPath } = decodeCommit(context.input);
  const header = postedHeader(input, evmData);
  const stored: StoredBatch = {
    number,
    shapeId: header.shapeId,
    l1Count: header.l1Count,
    exitCount: header.exitCount,
    timestamp: header.timestamp,
    committedAt: Number(context.timestamp),
    lastBlock: header.lastBlock,
    committer: context.from,
    oldRoot: context.oldRoot,
    newRoot: header.newRoot,
    xHash: keccak256(xBody(body, header)),
    c: header.c,
    r: r as Field, // 248 bits
    y: y as Field, // reduced by the contract
    evmCommitment: toHex(header.evmCommitment, { size: 32 }),
  };
  if (hashOfStored(stored) !== storedHash) throw new BridgeError('BAD_LOG', { number, reason: 'stored hash' });
  const shape = shapeNameOf(header.shapeId);
  const { evmOutput } = input;
  const { oldRoot } = context;
  return {
    number: batchNumber(Number(number)),
    ...{ shape, header, oldRoot, body, evmData, evmOutput, stored, isOpenPath, l1 },
  };
}

/** The arguments of a commit or open-path submission. @throws BridgeError NOT_A_COMMIT */
export function decodeCommit(data: Hex): {
  input: BatchInput;
  body: Uint8Array;
  evmData: Uint8Array;
  isOpenPath: boolean;
} {
  try {
    const { functionName, args } = decodeFunctionData({ abi: rollupAbi, data });
    if (functionName === 'commitBatch' || functionName === 'submitProvenBatch') {
      const [input, body, evmData] = args;
      const isOpenPath = functionName === 'submitProvenBatch';
      return { input, body: hexToBytes(body), evmData: hexToBytes(evmData), isOpenPath };
    }
  } catch (cause) {
    throw new BridgeError('NOT_A_COMMIT', {}, { cause });
  }
  throw new BridgeError('NOT_A_COMMIT');
}
