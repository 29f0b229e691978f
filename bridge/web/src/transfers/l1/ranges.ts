import { type Address, formatLog, type Hex, type Log, numberToHex, type PublicClient, type RpcLog } from 'viem';
import { bridgeError } from '../../../../client/revert.ts';
import { TransferError } from '../trouble.ts';

/** As `eth_getLogs` takes them: at each place nothing, one topic or several of which one must match. */
export type Topics = readonly (Hex | readonly Hex[] | null)[];

export interface LogQuestion {
  readonly address: readonly Address[];
  readonly topics: Topics;
}

/** Blocks asked for at once, at first: what the usual public endpoints answer. */
const RANGE = 10_000n;
const PARALLEL = 4;

/** Logs in ranges of blocks that halve when the endpoint refuses; what it answers is remembered. */
export class RangedLogs {
  readonly #l1: PublicClient;
  #range = RANGE;

  constructor(l1: PublicClient) {
    this.#l1 = l1;
  }

  /** Oldest first, range inclusive; every log is one that was asked for. @throws TransferError L1_UNREACHABLE */
  async forward(question: LogQuestion, fromBlock: bigint, toBlock: bigint): Promise<Log[]> {
    const found: Log[] = [];
    for (let from = fromBlock; from <= toBlock; ) {
      const pieces = this.#pieces(from, toBlock);
      try {
        for (const logs of await Promise.all(pieces.map((piece) => this.#get(question, piece)))) found.push(...logs);
        from = (pieces.at(-1)?.to ?? toBlock) + 1n;
      } catch (error) {
        this.#shrink(error);
      }
    }
    return found;
  }

  /** The youngest log of each key, searched backwards until every wanted key is found. @throws TransferError L1_UNREACHABLE */
  async last(
    question: LogQuestion,
    { fromBlock, toBlock }: { fromBlock: bigint; toBlock: bigint },
    { wanted, keyOf }: { wanted: ReadonlySet<Hex>; keyOf: (log: Log) => Hex | undefined },
  ): Promise<Map<Hex, Log>> {
    const found = new Map<Hex, Log>();
    for (let to = toBlock; to >= fromBlock && found.size < wanted.size; ) {
      const start = to - this.#range + 1n;
      const from = start > fromBlock ? start : fromBlock;
      try {
        for (const log of (await this.#get(question, { from, to })).reverse()) {
          const key = keyOf(log);
          if (key !== undefined && wanted.has(key) && !found.has(key)) found.set(key, log);
        }
        to = from - 1n;
      } catch (error) {
        this.#shrink(error);
      }
    }
    return found;
  }

  #pieces(from: bigint, toBlock: bigint): { from: bigint; to: bigint }[] {
    const pieces: { from: bigint; to: bigint }[] = [];
    for (let at = from; at <= toBlock && pieces.length < PARALLEL; at += this.#range) {
      const end = at + this.#range - 1n;
      pieces.push({ from: at, to: end < toBlock ? end : toBlock });
    }
    return pieces;
  }

  /** A refusal may be about the range, the number of logs or the time it takes: all of them get better with less. */
  #shrink(cause: unknown): void {
    if (this.#range === 1n || isOffline(cause))
      throw new TransferError('L1_UNREACHABLE', {}, { cause: bridgeError(cause) });
    this.#range /= 2n;
  }

  async #get({ address, topics }: LogQuestion, { from, to }: { from: bigint; to: bigint }): Promise<Log[]> {
    const filter = {
      address: [...address],
      topics: topics as Hex[],
      fromBlock: numberToHex(from),
      toBlock: numberToHex(to),
    };
    const logs: readonly RpcLog[] = await this.#l1.request({ method: 'eth_getLogs', params: [filter] });
    return logs.map((log) => formatLog(log)).filter((log) => isAsked(log, { address, topics }));
  }
}

/** An endpoint that answers with more than it was asked does not get it counted. */
function isAsked(log: Log, { address, topics }: LogQuestion): boolean {
  if (!address.some((wanted) => wanted.toLowerCase() === log.address.toLowerCase())) return false;
  return topics.every((wanted, i) => {
    const found = log.topics[i];
    if (wanted === null) return true;
    return typeof wanted === 'string' ? wanted === found : found !== undefined && wanted.includes(found);
  });
}

/** Nobody answered at all: less of the same does not help. */
function isOffline(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth += 1) {
    const { name, status } = cause as { name: string; status?: unknown }; // viem's HttpRequestError has it
    if (name === 'HttpRequestError') return status === undefined || status === 429;
    if (cause instanceof TypeError) return true; // what fetch throws
  }
  return false;
}
