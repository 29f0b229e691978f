import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { BlockIntake } from './blockIntake.ts';
import { isPeersFault } from './peerBatches.ts';
import type { PeerBook } from './peerBook.ts';

export interface TailSyncDeps {
  readonly store: Pick<ChainStore, 'head'>;
  readonly peers: PeerBook;
  readonly intake: Pick<BlockIntake, 'onItem'>;
  /** The last block that L1 has and this node agrees with. */
  readonly safeBlock: () => bigint;
  readonly log: Logger;
}

/** Blocks of one request. */
const PIECE = 256;
/** What says that an item brings nothing new, and the next one may. */
const PASSING = new Set(['KNOWN', 'OLD']);
/** What says that its chain parts from ours further down. */
const PARTED = new Set(['OTHER_BRANCH', 'OTHER_PARENT']);
/** Whose turn it was is known for a few epochs only, and a seat may have changed hands since: whoever still has the block is no liar. */
const BYGONE = new Set(['WRONG_PROPOSER']);

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
      const { block: before, hash, closedBatch } = store.head;
      try {
        await this.#fetch(peer);
      } catch (err) {
        if (isPeersFault(err)) peers.lied(peer, 'blocks');
        log.debug({ peer, err }, 'blocks could not be fetched');
      }
      if (store.head.hash === hash && store.head.closedBatch === closedBatch) {
        peers.fruitless(peer);
        continue;
      }
      peers.fruitful(peer);
      log.debug({ peer, from: before, to: store.head.block }, 'blocks fetched');
    }
  }

  /** On from our head; where the peer is on another branch, from the last block that is sure to be the same. */
  async #fetch(peer: string): Promise<void> {
    const { store, safeBlock } = this.#deps;
    const { head } = store;
    // The head's own block again: the close of its batch comes behind it.
    let from = head.block > 0n ? head.block : 1n;
    let hasGoneBack = false;
    for (;;) {
      const { last, isParted } = await this.#piece(peer, from);
      if (last !== undefined) from = last + 1n;
      else if (isParted && !hasGoneBack && safeBlock() < from) {
        hasGoneBack = true;
        from = safeBlock() + 1n;
      } else return;
    }
  }

  /** `last`: the block it ended with, if there may be more. */
  async #piece(peer: string, from: bigint): Promise<{ readonly last?: bigint; readonly isParted: boolean }> {
    const { peers, intake } = this.#deps;
    let last: bigint | undefined;
    for await (const item of peers.blocks(peer, from, PIECE)) {
      // What the sender has no signature for is on L1, and comes from there.
      if (item.signature.length === 0) continue;
      const { outcome, reason } = await intake.onItem(item, peer);
      if (outcome === 'reject' && !BYGONE.has(reason)) peers.lied(peer, reason);
      if (outcome !== 'accept' && !PASSING.has(reason)) return { isParted: PARTED.has(reason) };
      if (item.kind === 'block' && item.block.number >= from) last = item.block.number;
    }
    return last === undefined ? { isParted: false } : { last, isParted: false };
  }
}
