import { getAbiItem, type Log, type PublicClient } from 'viem';
import { rollupAbi } from '../../../client/abi.ts';
import type { Address } from '../../../client/types.ts';
import { RecoveryError, throwIfAborted } from './errors.ts';
import { isRefused, l1Error } from './l1Answers.ts';
import { inParallel } from './parallel.ts';

const COMMITTED = getAbiItem({ abi: rollupAbi, name: 'BatchCommitted' });
/** Blocks asked for at once, at first. */
const RANGE = 10_000n;
/** An endpoint that refuses even these has no logs for us. */
const SMALLEST_RANGE = 16n;
const PARALLEL = 4;

interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

/** Finds commits in L1's logs. Endpoints limit how many blocks may be asked for: what is refused is asked for in halves. */
export class CommitLogs {
  readonly #address: Address;
  readonly #l1: PublicClient;
  #range = RANGE;

  constructor(address: Address, l1: PublicClient) {
    this.#address = address;
    this.#l1 = l1;
  }

  /**
   * All commits within the blocks (inclusive), oldest first; reverted ones are among them.
   * @throws RecoveryError L1_LOGS_REFUSED, L1_UNREACHABLE, ABORTED
   */
  async between(from: bigint, to: bigint, signal?: AbortSignal): Promise<Log[]> {
    const found: Log[][] = [];
    let next = from;
    while (next <= to) {
      const wave: Range[] = [];
      for (let i = 0; i < PARALLEL && next <= to; i += 1) {
        const end = next + this.#range - 1n;
        wave.push({ from: next, to: end < to ? end : to });
        next = end + 1n;
      }
      found.push(...(await inParallel(wave, PARALLEL, (range) => this.#get(range, signal))));
    }
    return found.flat();
  }

  async #get({ from, to }: Range, signal?: AbortSignal): Promise<Log[]> {
    throwIfAborted(signal);
    try {
      const wanted = { address: this.#address, event: COMMITTED, fromBlock: from, toBlock: to, strict: true } as const;
      return await this.#l1.getLogs(wanted);
    } catch (error) {
      const blocks = to - from + 1n;
      if (!isRefused(error)) throw l1Error(error);
      if (blocks <= SMALLEST_RANGE) throw new RecoveryError('L1_LOGS_REFUSED', { blocks }, { cause: error });
      const half = blocks / 2n;
      if (half < this.#range) this.#range = half;
      const older = await this.#get({ from, to: from + half - 1n }, signal);
      return [...older, ...(await this.#get({ from: from + half, to }, signal))];
    }
  }
}
