export interface TimetableOptions {
  /** Default 1 s. */
  readonly blockTimeMs?: number;
  /** A batch with anything in it is closed this long after its first block. Default 60 s. */
  readonly batchTimeMs?: number;
  /**
   * L1 operations come before all transactions of a batch, so an item of L1's queue waits for the next batch; after this long
   * it ends the open one. Default 10 s.
   */
  readonly l1WaitMs?: number;
  /** How often L1 is looked at. Default 2 s. */
  readonly l1PollMs?: number;
  /** An L1 transaction that is not mined after this long is sent again with a higher fee. Default 45 s. */
  readonly resubmitAfterMs?: number;
  /** First and longest pause after failures in a row. Defaults 1 s and 60 s. */
  readonly backoffMs?: number;
  readonly maxBackoffMs?: number;
}

/** Every so many unproven batches make the next one stay open as long again. */
const UNPROVEN_STEP = 4;

/** All timing rules in one place, without side effects. Times in milliseconds unless a name says otherwise. */
export class Timetable {
  readonly #options: Required<TimetableOptions>;

  constructor(options: TimetableOptions = {}) {
    this.#options = {
      blockTimeMs: 1000,
      batchTimeMs: 60_000,
      l1WaitMs: 10_000,
      l1PollMs: 2000,
      resubmitAfterMs: 45_000,
      backoffMs: 1000,
      maxBackoffMs: 60_000,
      ...options,
    };
  }

  /** When a block that was begun at `beganMs` stops taking transactions: executing them must not outlast the time between blocks. */
  buildDeadlineMs(beganMs: number): number {
    return beganMs + this.#options.blockTimeMs;
  }

  get l1PollMs(): number {
    return this.#options.l1PollMs;
  }

  /** Pause until the next block is due, when the last one was due at `lastMs`. A late block does not make the next one early. */
  untilNextBlockMs(lastMs: number, nowMs: number): number {
    return Math.min(Math.max(lastMs + this.#options.blockTimeMs - nowMs, 0), this.#options.blockTimeMs);
  }

  /** Seconds. A clock that was set back does not make a block older than its parent. */
  blockTimestamp(nowMs: number, parentTimestamp: number): number {
    return Math.max(Math.floor(nowMs / 1000), parentTimestamp);
  }

  /**
   * `openedAt`: the batch's timestamp in seconds; `unproven`: closed batches that await their proof on L1. The more of them there
   * are, the longer a batch stays open: where proving is slow, batches grow instead of piling up.
   */
  isBatchDue(openedAt: number, unproven: number, nowMs: number): boolean {
    const times = 1 + Math.floor(unproven / UNPROVEN_STEP);
    return nowMs - openedAt * 1000 >= this.#options.batchTimeMs * times;
  }

  /** Whether queue items that wait since `sinceMs` for the next batch have waited long enough. */
  isQueueDue(sinceMs: number, nowMs: number): boolean {
    return nowMs - sinceMs >= this.#options.l1WaitMs;
  }

  isResubmitDue(submittedAtMs: number, nowMs: number): boolean {
    return nowMs - submittedAtMs >= this.#options.resubmitAfterMs;
  }

  /** Doubles with every failure in a row. */
  backoffMs(failures: number): number {
    return Math.min(this.#options.backoffMs * 2 ** Math.min(failures - 1, 30), this.#options.maxBackoffMs);
  }
}
