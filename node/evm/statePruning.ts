import type { BlockHeader } from '@ethereumjs/block';
import type { EvmLane } from '../../chain/evm/evmLane.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';

export interface StatePruningOptions {
  /** Newest blocks whose state is kept. */
  readonly blocks: number;
}

export interface StatePruningDependencies {
  readonly store: Pick<ChainStore, 'head' | 'header'>;
  readonly lane: Pick<EvmLane, 'prune'>;
  readonly log: Logger;
  /**
   * The last block that L1 has. What is above may have to be given up, however many blocks came while L1 was away: these states stay, else
   * the node could not go back. undefined: not known yet, and nothing is pruned. Default: only the newest ones stay.
   */
  readonly safeBlock?: () => bigint | undefined;
}

/**
 * Forgets old states of the EVM lane. Pruning looks at all states that stay, so it is worth its time only once as many blocks as are
 * kept have come since the last time: between `blocks` and twice as many states are there.
 */
export class StatePruning {
  readonly #blocks: bigint;
  readonly #deps: StatePruningDependencies;
  #prunedAt = 0n;
  #running: Promise<void> | undefined;

  constructor({ blocks }: StatePruningOptions, deps: StatePruningDependencies) {
    this.#blocks = BigInt(blocks);
    this.#deps = deps;
  }

  /** To be called after every block; what it begins goes on beside the blocks that follow. */
  onBlock(): void {
    const { block } = this.#deps.store.head;
    if (this.#running !== undefined || block < this.#prunedAt + 2n * this.#blocks) return;
    this.#running = this.prune().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when a pruning under way has ended. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async prune(): Promise<void> {
    const { store, lane, log } = this.#deps;
    const newest = store.head.block;
    const oldest = newest - this.#blocks + 1n;
    const { safeBlock = () => oldest } = this.#deps;
    const safe = safeBlock();
    if (safe === undefined) return;
    const retained: BlockHeader[] = [];
    for (let number = newest; number >= 0n && number >= (safe < oldest ? safe : oldest); number -= 1n) {
      const header = await store.header(number);
      if (header !== undefined) retained.push(header);
    }
    try {
      const { kept, removed } = await lane.prune(retained);
      this.#prunedAt = newest - this.#blocks;
      log.info({ block: newest, kept, removed }, 'old states pruned');
    } catch (err) {
      // Nothing is lost by states that stay; the next blocks try again.
      log.warn({ err }, 'old states not pruned');
    }
  }
}
