import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
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

/** The newest is offered, the one before may still be under way to somebody. */
const KEPT = 2;

/** Makes snapshots for others, beside blocks, and keeps the newest. */
export class SnapshotMaker {
  readonly #options: SnapshotMakerOptions;
  readonly #deps: SnapshotMakerDeps;
  /** Newest last. */
  #sources: SnapshotSource[] = [];
  #isMaking = false;

  private constructor(options: SnapshotMakerOptions, deps: SnapshotMakerDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** With what an earlier run has made. */
  static async open(options: SnapshotMakerOptions, deps: SnapshotMakerDeps): Promise<SnapshotMaker> {
    const maker = new SnapshotMaker(options, deps);
    await mkdir(options.dir, { recursive: true });
    for (const batch of await maker.#folders()) {
      const source = await SnapshotSource.open(join(options.dir, String(batch)));
      if (source !== undefined) maker.#sources.push(source);
    }
    await maker.#forgetOld();
    return maker;
  }

  /** 0: there is none. */
  get batch(): number {
    return this.#sources.at(-1)?.manifest.batch ?? 0;
  }

  get manifestBytes(): Uint8Array | undefined {
    return this.#sources.at(-1)?.manifestBytes;
  }

  async chunk(batch: number, chunk: number): Promise<Uint8Array | undefined> {
    return this.#sources.find(({ manifest }) => manifest.batch === batch)?.chunk(chunk);
  }

  /** Call it when a batch has been attested: makes a snapshot of it if it is time. Failures are logged, the next batch is another try. */
  async onAttested(batch: number): Promise<void> {
    const { dir, everyBatches } = this.#options;
    if (everyBatches === 0 || this.#isMaking || batch === 0 || batch < this.batch + everyBatches) return;
    const { store, lane, db, facts, log } = this.#deps;
    if (store.head.closedBatch < batch) return;
    this.#isMaking = true;
    try {
      const into = join(dir, String(batch));
      await makeSnapshot({ batch, dir: into }, { store, lane, db, posted: await facts(batch) });
      const source = await SnapshotSource.open(into);
      if (source === undefined) return;
      this.#sources.push(source);
      await this.#forgetOld();
      log.info({ batch, chunks: source.manifest.chunks.length }, 'snapshot made');
    } catch (err) {
      log.warn({ batch, err }, 'no snapshot was made');
    } finally {
      this.#isMaking = false;
    }
  }

  async #forgetOld(): Promise<void> {
    const old = this.#sources.slice(0, -KEPT);
    this.#sources = this.#sources.slice(-KEPT);
    for (const { manifest } of old) {
      await rm(join(this.#options.dir, String(manifest.batch)), { recursive: true, force: true });
    }
  }

  async #folders(): Promise<number[]> {
    const names = await readdir(this.#options.dir);
    return names
      .filter((name) => /^\d{1,15}$/.test(name))
      .map(Number)
      .sort((x, y) => x - y);
  }
}
