import type { EvmBackend } from '../backend.ts';
import { type BlockRef, LATEST } from '../blockParam.ts';
import { blockNumberOf } from '../ethContext.ts';
import { EthCode, EthRpcError, invalidParams, serverError } from '../ethError.ts';
import { type LogJson, logsOf } from '../format/receiptJson.ts';
import { bloomMatcher, type LogFilter, type LogQuery, logMatcher } from './logFilter.ts';

/** Blocks of one query. */
export const MAX_LOG_RANGE = 50_000n;
/** Logs of one answer. */
export const MAX_LOGS = 20_000;
const MAX_MS = 5_000;
/** After this long other work gets its turn. */
const SLICE_MS = 10;

export interface BlockRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** @throws EthRpcError for a block nobody knows, a range that is reversed, too long or beyond the head, or too many logs */
export async function searchLogs(backend: EvmBackend, { filter, blockHash, from, to }: LogQuery): Promise<LogJson[]> {
  if (blockHash !== undefined) {
    const block = await backend.blockByHash(blockHash);
    if (block === undefined) throw serverError('unknown block');
    return logsOf(block, logMatcher(filter));
  }
  return logsInRange(backend, filter, {
    from: logBlock(backend, from ?? LATEST),
    to: logBlock(backend, to ?? LATEST),
  });
}

/** The number of a block that bounds a query. */
export function logBlock(backend: EvmBackend, ref: BlockRef): bigint {
  if (ref.kind === 'hash') throw invalidParams('invalid block range params');
  if (ref.kind === 'tag' && ref.tag === 'pending') throw invalidParams('pending logs are not supported');
  return blockNumberOf(backend, ref);
}

export async function logsInRange(
  backend: EvmBackend,
  filter: LogFilter,
  { from, to }: BlockRange,
): Promise<LogJson[]> {
  if (from > to) throw invalidParams('invalid block range params');
  if (to > backend.heads.latest) throw invalidParams('block range extends beyond current head block');
  if (to - from >= MAX_LOG_RANGE) throw invalidParams(`exceed maximum block range: ${MAX_LOG_RANGE}`);
  const mayMatch = bloomMatcher(filter);
  const matches = logMatcher(filter);
  const found: LogJson[] = [];
  const started = performance.now();
  let sliceEnd = started + SLICE_MS;
  for (let number = from; number <= to; number += 1n) {
    const bloom = await backend.bloom(number);
    if (bloom === undefined || !mayMatch(bloom)) {
      sliceEnd = await breathe(started, sliceEnd);
      continue;
    }
    const block = await backend.block(number);
    if (block !== undefined) found.push(...logsOf(block, matches));
    if (found.length > MAX_LOGS) {
      throw new EthRpcError(EthCode.LIMIT_EXCEEDED, `query returned more than ${MAX_LOGS} results`);
    }
    sliceEnd = await breathe(started, sliceEnd);
  }
  return found;
}

async function breathe(started: number, sliceEnd: number): Promise<number> {
  const now = performance.now();
  if (now < sliceEnd) return sliceEnd;
  if (now - started > MAX_MS) throw new EthRpcError(EthCode.LIMIT_EXCEEDED, 'query timeout exceeded');
  await new Promise((resolve) => setImmediate(resolve));
  return performance.now() + SLICE_MS;
}
