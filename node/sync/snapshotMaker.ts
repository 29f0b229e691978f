import type { Db } from '../../chain/db.ts';
import type { EvmLane } from '../../chain/evm/evmLane.ts';
import type { Logger } from '../../chain/logger.ts';
import { makeSnapshot } from '../../chain/snapshot/makeSnapshot.ts';
import { SnapshotSource } from '../../chain/snapshot/snapshotSource.ts';
import type { PostedFacts } from '../../chain/snapshot/types.ts';
import type { ChainStore } from '../../chain/store.ts';

export interface SnapshotMakerOptions {
  readonly dir: string;
  /** Batches between two snapshots. */
  readonly everyBatches: number;
}

export interface SnapshotMakerDeps {
  readonly store: ChainStore;
  readonly lane: EvmLane;
  readonly db: Db;
  readonly facts: (batch: number) => Promise<PostedFacts>;
  readonly log: Logger;
}

/** Makes snapshots for others, beside blocks, and offers the newest. */
export class SnapshotMaker {
  readonly #options: SnapshotMakerOptions;
  readonly #deps: SnapshotMakerDeps;
  #newest: SnapshotSource | undefined;
  /** May still be under way to somebody; its files stay as long. */
  #before: SnapshotSource | undefined;
  #isMaking = false;

  private constructor(options: SnapshotMakerOptions, deps: SnapshotMakerDeps, newest: SnapshotSource | undefined) {
    this.#options = options;
    this.#deps = deps;
    this.#newest = newest;
  }

  /** With what an earlier run has made. */
  static async open(options: SnapshotMakerOptions, deps: SnapshotMakerDeps): Promise<SnapshotMaker> {
    return new SnapshotMaker(options, deps, await SnapshotSource.open(options.dir));
  }

  /** 0: there is none. */
  get batch(): number {
    return this.#newest?.manifest.batch ?? 0;
  }

  get manifestBytes(): Uint8Array | undefined {
    return this.#newest?.manifestBytes;
  }

  async chunk(batch: number, chunk: number): Promise<Uint8Array | undefined> {
    return [this.#newest, this.#before].find((source) => source?.manifest.batch === batch)?.chunk(chunk);
  }

  /** Call it when a batch has been attested: makes a snapshot of it if it is time. Failures are logged, the next batch is another try. */
  async onAttested(batch: number): Promise<void> {
    const { dir, everyBatches } = this.#options;
    if (everyBatches === 0 || this.#isMaking || batch === 0 || batch < this.batch + everyBatches) return;
    const { store, lane, db, facts, log } = this.#deps;
    if (store.head.closedBatch < batch) return;
    this.#isMaking = true;
    try {
      const { chunks } = await makeSnapshot({ batch, dir }, { store, lane, db, posted: await facts(batch) });
      const source = await SnapshotSource.open(dir);
      if (source === undefined) return;
      this.#before = this.#newest;
      this.#newest = source;
      log.info({ batch, chunks: chunks.length }, 'snapshot made');
    } catch (err) {
      log.warn({ batch, err }, 'no snapshot was made');
    } finally {
      this.#isMaking = false;
    }
  }
}
