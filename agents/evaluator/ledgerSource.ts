/** Batches in order: from a node, or from L1 alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RollupReader } from '../../bridge/client/interface.ts';
import { decodeBody } from '../../protocol/codec/body.ts';
import { challengeOf, dataHashOf } from '../../protocol/commitment.ts';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import type { EpochBatch } from '../../protocol/epochs/serviceAccounts.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { field } from '../../protocol/field.ts';
import { closedBatchFromJson } from '../../protocol/serialize.ts';
import type { Field } from '../../protocol/types.ts';
import { NodeUnavailableError } from '../../sdk/errors.ts';
import { type AnyClient, request } from '../../sdk/request.ts';
import type { Finality } from '../../sdk/wait.ts';
import { EvaluatorError } from './evaluatorError.ts';

/** A batch, and the ledger's roots before and after it: whether it follows the one before shows by them. */
export interface SourceBatch extends EpochBatch {
  readonly oldRoot: Field;
  readonly newRoot: Field;
  /** Binds header and body, the time included: two batches between the same roots may differ. Absent where batches are for good. */
  readonly id?: Field;
}

/** Batches that can still be given up and built anew. */
export interface UnsettledBatches {
  /** Number of the last batch that stays. */
  final(signal?: AbortSignal): Promise<number>;
  /** The `id` of the batch that has this number now; undefined if none has. */
  id(number: number, signal?: AbortSignal): Promise<Field | undefined>;
}

export interface LedgerSource {
  /** Number of the last batch that there is; 0 before the first. */
  last(signal?: AbortSignal): Promise<number>;
  /** @throws EvaluatorError BAD_SOURCE */
  batch(number: number, signal?: AbortSignal): Promise<SourceBatch>;
  /** Only of a source whose batches are not for good. */
  readonly unsettled?: UnsettledBatches;
}

/**
 * A node's batches. The node is believed: whoever does not, compares with `l1Source`.
 * @param finality `included`: closed batches, which can still be given up. Default `proven`
 */
export function nodeSource(client: AnyClient, finality: Finality = 'proven'): LedgerSource {
  return {
    last: async (signal) => {
      const { heads } = await request(client, 'engram_chainInfo', [], signal && { signal });
      return (finality === 'included' ? heads.unsafe : heads[finality]).batch;
    },
    batch: async (number, signal) => {
      const json = await patiently(
        () => request(client, 'engram_getClosedBatch', [number], signal && { signal }),
        signal,
      );
      if (json === null) throw new EvaluatorError('BAD_SOURCE', `the node does not have batch ${number}`, { number });
      const { batch, commitment } = checked(number, () => closedBatchFromJson(json));
      const { timestamp, l1Ops, txs, oldRoot, newRoot } = batch;
      if (batch.number !== number) throw new EvaluatorError('BAD_SOURCE', 'the node sent another batch', { number });
      return { number, timestamp, l1Ops, ops: txs.map((tx) => tx.ops), oldRoot, newRoot, id: commitment.r };
    },
    ...(finality !== 'proven' && { unsettled: unsettledOf(client) }),
  };
}

/** The challenge r binds everything that is posted of a batch. */
function unsettledOf(client: AnyClient): UnsettledBatches {
  return {
    final: async (signal) => (await request(client, 'engram_chainInfo', [], signal && { signal })).heads.proven.batch,
    id: async (number, signal) => {
      const found = await patiently(() => request(client, 'engram_getBatch', [number], signal && { signal }), signal);
      return found === null ? undefined : field(BigInt(found.publicInputs.r));
    },
  };
}

const PAUSE_MS = 1_000;
const MAX_PAUSES = 90;

/** Whoever catches up asks for a lot, and nodes limit the questions of a minute. */
async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (let pause = 0; ; pause += 1) {
    try {
      return await ask();
    } catch (error) {
      const isLimited = error instanceof NodeUnavailableError && error.code === 'RATE_LIMITED';
      if (!isLimited || pause === MAX_PAUSES) throw error;
      await sleep(PAUSE_MS, undefined, signal && { signal });
    }
  }
}

/** Proven batches as they were posted on L1, each held against what the contract stored of it. */
export function l1Source(rollup: Pick<RollupReader, 'parameters' | 'state' | 'readBatch'>): LedgerSource {
  return {
    last: async () => (await rollup.state()).proven.batch,
    batch: async (number) => {
      const { domain } = await rollup.parameters();
      const posted = await rollup.readBatch(number);
      const { shape, oldRoot, body, stored } = posted;
      const header = { ...posted.header, number: posted.number, domain, shape, oldRoot };
      return checked(number, () => {
        const found = challengeOf(dataHashOf(header, keccak256(body)), stored.c);
        if (found !== stored.r) throw new EvaluatorError('BAD_SOURCE', 'data that L1 did not take', { number });
        const { l1Ops, txOps } = decodeBody(body, header);
        const { timestamp, newRoot } = header;
        return { number, timestamp, l1Ops, ops: txOps, oldRoot, newRoot };
      });
    },
  };
}

function checked<T>(number: number, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new EvaluatorError('BAD_SOURCE', `batch ${number} does not decode`, { number }, { cause });
  }
}
