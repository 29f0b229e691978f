import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { BlockIntake } from './blockIntake.ts';
import { isPeersFault } from './peerBatches.ts';
import type { PeerBook } from './peerBook.ts';

export interface TailSyncDeps {
  readonly store: Pick<ChainStore, 'head'>;
  readonly peers: PeerBook;
  readonly intake: Pick<BlockIntake, 'onItem'>;
  readonly log: Logger;
}

/** Blocks of one request. */
const PIECE = 256;
/** What says that an item brings nothing new, and the next one may. */
const PASSING = new Set(['KNOWN', 'OLD']);

/** Blocks that are not on L1 yet and were missed: fetched from whoever has them, one fetch at a time. */
export class TailSync {
  readonly #deps: TailSyncDeps;
  #running: Promise<void> | undefined;
  #asked: string | undefined;

  constructor(deps: TailSyncDeps) {
    this.#deps = deps;
  }

  /** Begins to fetch unless it is under way. `from`: who is known to have more; else the peers that say so. */
  begin(from?: string): void {
    this.#asked = from ?? this.#asked;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { peers, store, log } = this.#deps;
    const first = this.#asked === undefined || this.#asked === '' ? [] : [this.#asked];
    this.#asked = undefined;
    const candidates = new Set([...first, ...peers.beyond(store.head.block)]);
    for (const peer of [...candidates].slice(0, 3)) {
      const before = store.head.block;
      try {
        while (await this.#piece(peer));
      } catch (err) {
        if (isPeersFault(err)) peers.lied(peer, 'blocks');
        log.debug({ peer, err }, 'blocks could not be fetched');
      }
      if (store.head.block > before) log.debug({ peer, from: before, to: store.head.block }, 'blocks fetched');
    }
  }

  /** Returns whether there may be more. */
  async #piece(peer: string): Promise<boolean> {
    const { peers, store, intake } = this.#deps;
    const { head } = store;
    // The head's own block again: the close of its batch comes behind it.
    const from = head.block > 0n ? head.block : 1n;
    for await (const item of peers.blocks(peer, from, PIECE)) {
      // What the sender has no signature for is on L1, and comes from there.
      if (item.signature.length === 0) continue;
      const { outcome, reason } = await intake.onItem(item, peer);
      if (outcome === 'reject') {
        peers.lied(peer, reason);
        return false;
      }
      if (outcome === 'ignore' && !PASSING.has(reason)) return false;
    }
    return store.head.block > head.block;
  }
}
