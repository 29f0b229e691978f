import type { DutiesPort } from './sequencerTypes.ts';

/** For a chain with one sequencer. */
export const ALL_DUTIES: DutiesPort = { mayBuild: () => true, mayPublish: () => true };

export interface TenureOptions {
  /**
   * Where leaders change: this long before the end of a turn the leader closes its batch and stops, so that the close is heard of in time;
   * and the next one waits this long for it before it goes on without. Milliseconds; 0: neither.
   */
  readonly handoverMs: number;
}

/** build: go on. wait: our turn, but what the last leader left may still be on its way. handOver: not our turn any more, or hardly. */
export type TenurePhase = 'build' | 'wait' | 'handOver';

/** When this node's turn to build began and ends, and whose the newest blocks are. */
export class Tenure {
  readonly #handoverMs: number;
  readonly #duties: DutiesPort;
  #beganMs: number | undefined;
  #othersClosedMs = Number.NEGATIVE_INFINITY;
  #lastOwn = 0n;
  #lastForeign = 0n;

  constructor(options: TenureOptions, deps: { duties: DutiesPort }) {
    this.#handoverMs = options.handoverMs;
    this.#duties = deps.duties;
  }

  phase(nowMs: number): TenurePhase {
    if (!this.#duties.mayBuild(nowMs)) {
      this.#beganMs = undefined;
      return 'handOver';
    }
    this.#beganMs ??= nowMs;
    if (this.#handoverMs > 0 && !this.#duties.mayBuild(nowMs + this.#handoverMs)) return 'handOver';
    const isHandedOver = this.#othersClosedMs >= this.#beganMs - this.#handoverMs;
    return isHandedOver || nowMs >= this.#beganMs + this.#handoverMs ? 'build' : 'wait';
  }

  /** Whether the newest block is ours (as far as this process knows), and may still be closed by us. */
  get ownsHead(): boolean {
    return this.#lastOwn > this.#lastForeign && this.#duties.mayPublish();
  }

  /** Whether the open batch, which begins with `firstBlock`, ends with a block of somebody else. */
  isForeign(firstBlock: bigint): boolean {
    return this.#lastForeign >= firstBlock && this.#lastForeign > this.#lastOwn;
  }

  onBuilt(block: bigint): void {
    this.#lastOwn = block;
  }

  onImported(block: bigint): void {
    this.#lastForeign = block;
  }

  onClosedByOther(nowMs: number): void {
    this.#othersClosedMs = nowMs;
  }

  onRollback(toBlock: bigint): void {
    const [own, foreign] = [this.#lastOwn, this.#lastForeign];
    if (own <= toBlock && foreign <= toBlock) return;
    // Whose the block is that is the newest now was forgotten: nobody's, so that it is neither closed as ours nor as theirs.
    this.#lastOwn = own > toBlock ? 0n : own;
    this.#lastForeign = foreign > toBlock ? 0n : foreign;
  }
}
