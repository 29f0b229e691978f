import type { RollupReader } from '../../bridge/client/interface.ts';
import type { PostedBatch, RollupState } from '../../bridge/client/types.ts';
import { ChainError } from '../../chain/errors.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import { decodeBody } from '../../protocol/codec/body.ts';
import { commitTo } from '../../protocol/commitment.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';
import type { SyncMetrics } from '../metrics/syncMetrics.ts';
import { completeBatch } from './completeBatch.ts';
import type { L1Ring } from './l1Ring.ts';
import type { PeerBatches } from './peerBatches.ts';
import { ownBatch, postedDataCount } from './postedCheck.ts';
import type { PostedSource } from './postedSource.ts';
import type { Turns } from './turns.ts';
import type { UnsafeCheck } from './unsafeCheck.ts';

export interface L1FollowerOptions {
  /** L1 blocks that must bury a commit before it is followed. */
  readonly confirmations: number;
  /** L1 block of the contract's deployment. */
  readonly deployedAt: bigint;
  /** The rollup's parameter. */
  readonly maxDriftSeconds: number;
}

export interface L1FollowerDeps {
  readonly store: ChainStore;
  readonly chain: Pick<Sequencer, 'importBlock' | 'importClose' | 'importPosted' | 'rollback' | 'onL1Reorg'>;
  readonly rollup: Pick<RollupReader, 'state'>;
  readonly posted: PostedSource;
  readonly ring: L1Ring;
  readonly unsafe: UnsafeCheck;
  /** Absent: batches come from L1 alone. */
  readonly peers: PeerBatches | undefined;
  /** What the node changes its chain in, one after another. */
  readonly turns: Turns;
  readonly log: Logger;
  readonly metrics: Pick<SyncMetrics, 'imported'>;
  /** Told of every reorganisation of L1: how many blocks were replaced. */
  readonly onReorg?: (depth: number) => void;
}

export interface FollowStatus {
  /** The last batch that L1 has committed, at the confirmation depth, and this node has the same. */
  readonly agreedBatch: number;
  /** Last block of that batch. */
  readonly safeBlock: bigint;
  /** The last batch L1 has committed. */
  readonly committedBatch: number;
  /** Everything L1 has committed is here. */
  readonly isSynced: boolean;
  /** A committed batch that breaks the ledger's rules: it cannot be proven, and nothing can stand on it. */
  readonly invalidBatch: number | undefined;
  readonly rollbacks: number;
  readonly l1Reorgs: number;
  readonly deepestReorg: number;
}

const AGREED_META = 'l1Agreed';

/** Before L1 was looked at. */
export const NOTHING_FOLLOWED: FollowStatus = {
  agreedBatch: 0,
  safeBlock: 0n,
  committedBatch: 0,
  isSynced: false,
  invalidBatch: undefined,
  rollbacks: 0,
  l1Reorgs: 0,
  deepestReorg: 0,
};

/**
 * Makes this node's chain what L1 says (docs/protocol.md section 15): every committed batch is compared with our own; one that is missing
 * is taken from peers and checked, or derived from L1's data; one that differs is given up. L1's reorganisations are followed as far as
 * the states go that are kept.
 */
export class L1Follower {
  readonly #options: L1FollowerOptions;
  readonly #deps: L1FollowerDeps;
  #agreed: number | undefined;
  /** The highest block of L1 that was not reorganised away since batches were last compared. */
  #fork: bigint | undefined;
  #isChecked = false;
  /** Counts `recheck`: what a step has found out before it counts no more. */
  #round = 0;
  /** r of a committed batch that cannot be proven: it is not tried at every look. */
  #unprovable: bigint | undefined;
  #status: FollowStatus = NOTHING_FOLLOWED;

  constructor(options: L1FollowerOptions, deps: L1FollowerDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  get status(): FollowStatus {
    return this.#status;
  }

  /**
   * One look at L1, and whatever follows from it.
   * @throws SyncError REORG_TOO_DEEP; BridgeError (L1: try again); ChainError ROLLBACK_TOO_DEEP
   */
  async step(signal?: AbortSignal): Promise<void> {
    const { ring, rollup, unsafe, log, store } = this.#deps;
    const { head, forkedAbove, isBehind } = await ring.look();
    if (isBehind) return;
    // At once, whatever fails below: the ring tells it only once.
    if (forkedAbove !== undefined) this.#onReorg(forkedAbove, head.number);
    const { confirmations, deployedAt } = this.#options;
    const round = this.#round;
    const buried = head.number - BigInt(confirmations);
    const l1 = await rollup.state({ blockNumber: buried < deployedAt ? deployedAt : buried });
    const known = this.#agreed ?? (await this.#compared(l1));
    if (this.#round !== round) return;
    this.#fork = undefined;
    // A reorganisation may have taken commits away: they are unsafe again.
    let agreed = Math.min(known, l1.committed.batch);
    this.#agreed = agreed;
    for (let number = agreed + 1; number <= l1.committed.batch; number += 1) {
      if (signal?.aborted) return;
      this.#tell({ committedBatch: l1.committed.batch });
      // A batch of our own that is now on L1 puts nobody out of step.
      if (number > this.#deps.store.head.closedBatch) this.#tell({ isSynced: false });
      if (!(await this.#take(number, l1))) return;
      await store.putMeta(AGREED_META, String(number));
      if (this.#round !== round) return;
      agreed = number;
      this.#agreed = number;
      await this.#tellAgreed(number);
    }
    if (!this.#isChecked) {
      const conflict = await unsafe.firstConflict(l1.committed.queue, this.#status.safeBlock);
      if (conflict !== undefined) await this.#rollback(conflict - 1n, 'L1_ITEM_GONE');
      if (this.#round !== round) return;
      this.#isChecked = true;
    }
    await this.#tellAgreed(agreed);
    const wasSynced = this.#status.isSynced;
    this.#tell({ committedBatch: l1.committed.batch, isSynced: true, invalidBatch: undefined });
    if (!wasSynced) log.info({ agreedBatch: this.#agreed, block: this.#deps.store.head.block }, 'in step with L1');
  }

  /** Something else says that L1 has another chain than ours: the next step compares from scratch. */
  recheck(): void {
    this.#round += 1;
    this.#agreed = undefined;
    this.#isChecked = false;
    this.#deps.posted.reset();
  }

  #onReorg(forkedAbove: bigint, head: bigint): void {
    const depth = Number(head - forkedAbove);
    this.#deps.onReorg?.(depth);
    this.#deps.log.warn({ forkedAbove, head, depth }, 'L1 was reorganised');
    this.#tell({
      l1Reorgs: this.#status.l1Reorgs + 1,
      deepestReorg: Math.max(this.#status.deepestReorg, depth),
    });
    this.#fork = this.#fork === undefined || forkedAbove < this.#fork ? forkedAbove : this.#fork;
    this.recheck();
    this.#deps.chain.onL1Reorg();
  }

  /** From scratch: what L1 and this node have in common, and what was judged by L1 as it is now. On disk, too: a crash forgets forks. */
  async #compared(l1: RollupState): Promise<number> {
    const { store } = this.#deps;
    const before = await this.#checkedBefore();
    const agreed = await this.#belowFork(Math.min(await this.#findAgreed(l1), before));
    if (agreed < before) await store.putMeta(AGREED_META, String(agreed));
    return agreed;
  }

  /** What an earlier run has compared in full: being the same as L1 is not all there is to it. A snapshot's base was compared, too. */
  async #checkedBefore(): Promise<number> {
    const { store } = this.#deps;
    return Number((await store.getMeta(AGREED_META)) ?? store.base?.head.closedBatch ?? 0);
  }

  /** What was committed above a fork of L1 is judged anew: messages and times may be others now. */
  async #belowFork(agreed: number): Promise<number> {
    let number = agreed;
    if (this.#fork === undefined) return number;
    while (number > 0 && (await this.#deps.posted.batch(number)).l1.blockNumber > this.#fork) number -= 1;
    return number;
  }

  /** The last batch on which L1 and this node agree; what this node has beyond and L1 has otherwise is given up. */
  async #findAgreed(l1: RollupState): Promise<number> {
    const { store, posted } = this.#deps;
    const top = Math.min(store.head.closedBatch, l1.committed.batch);
    let number = top;
    while (number > 0) {
      const own = await ownBatch(await posted.batch(number), store);
      // undefined below the base of a snapshot: that base was checked against L1
      if (own === undefined || own.isSameAsPosted) break;
      number -= 1;
    }
    if (number === top) return number;
    // Nothing is built until L1's batches are here.
    this.#tell({ isSynced: false });
    await this.#rollback(await this.#lastBlock(number), 'L1_DIFFERS');
    return number;
  }

  /** Makes a committed batch ours. False: it cannot be one, or L1 has moved; the next step goes on. */
  async #take(number: number, l1: RollupState): Promise<boolean> {
    const { posted: source, turns, store } = this.#deps;
    const posted = await source.batch(number, l1.committed.batch);
    return turns.take(async () => {
      const before = posted.header.firstBlock - 1n;
      if (store.head.block < before || posted.oldRoot !== (await this.#rootBefore(number))) {
        this.recheck();
        return false;
      }
      const first = await ownBatch(posted, store);
      if (first?.isSameAsPosted !== true) {
        this.#tell({ isSynced: false });
        if (!this.#isProvable(posted)) return false;
        if (first !== undefined) await this.#rollbackNow(before, 'L1_DIFFERS');
        await completeBatch(posted, { ...this.#deps, rollback: (to, reason) => this.#rollbackNow(to, reason) });
      }
      const own = await ownBatch(posted, store);
      if (own?.isSameAsPosted === true && own.isAsPosted && (await this.#counts(posted))) return true;
      if (store.head.block > before) await this.#rollbackNow(before, 'POSTED_DATA_VOID');
      return this.#derive(posted);
    });
  }

  /**
   * L1 takes C from the committer: one that is not that of the posted data has no proof, whatever the data are. Nothing is given up for it,
   * and no peer could have it.
   */
  #isProvable(posted: PostedBatch): boolean {
    const { stored } = posted;
    if (this.#unprovable === stored.r) return false;
    try {
      const { header, body } = this.#deps.posted.derivable(posted);
      const { c } = commitTo(header, decodeBody(body, header));
      if (c !== stored.c) throw new ProtocolError('BAD_BATCH', { c: stored.c, found: c });
      return true;
    } catch (error) {
      if (!breaksRules(error)) throw error;
      this.#onUnprovable(posted, error);
      return false;
    }
  }

  #onUnprovable({ number, stored }: PostedBatch, err: unknown): void {
    const message = 'L1 has a batch that breaks the ledger’s rules: it cannot be proven';
    if (this.#unprovable !== stored.r) this.#deps.log.error({ batch: number, err }, message);
    this.#unprovable = stored.r;
    this.#tell({ invalidBatch: number, isSynced: false });
  }

  /** By L1's data alone. */
  async #derive(posted: PostedBatch): Promise<boolean> {
    const { chain, store, posted: source } = this.#deps;
    try {
      const { firstBlock, lastBlock } = posted.header;
      await chain.importPosted(source.derivable(posted), await this.#messages(posted));
      this.#deps.metrics.imported('l1', Number(lastBlock - firstBlock) + 1);
      return true;
    } catch (error) {
      // A block that this node was about to seal came in between: the next step gives it up.
      if (error instanceof ChainError && error.code === 'OUT_OF_ORDER') return false;
      if (!breaksRules(error)) throw error;
      const before = posted.header.firstBlock - 1n;
      if (store.head.block > before) await this.#rollbackNow(before, 'POSTED_DATA_VOID');
      this.#onUnprovable(posted, error);
      return false;
    }
  }

  async #counts(posted: PostedBatch): Promise<boolean> {
    const { store, posted: source } = this.#deps;
    const { maxDriftSeconds } = this.#options;
    const messages = await this.#messages(posted);
    return postedDataCount(source.derivable(posted), { messages, maxDriftSeconds, store });
  }

  async #messages(posted: PostedBatch) {
    const { store, posted: source } = this.#deps;
    const parent = await store.evmBlock(posted.header.firstBlock - 1n);
    return source.messages(posted, parent?.inboxCount ?? store.head.inboxCount);
  }

  async #rootBefore(number: number) {
    const { store } = this.#deps;
    if (number === 1) return (await this.#deps.posted.batch(1)).oldRoot;
    return (await store.summary(number - 1))?.newRoot;
  }

  async #lastBlock(batch: number): Promise<bigint> {
    return (await this.#deps.store.summary(batch))?.lastBlock ?? 0n;
  }

  async #rollback(toBlock: bigint, reason: string): Promise<void> {
    await this.#deps.turns.take(() => this.#rollbackNow(toBlock, reason));
  }

  async #rollbackNow(toBlock: bigint, reason: string): Promise<void> {
    const { store, chain } = this.#deps;
    // Something else may have given up more in the meantime.
    if (toBlock >= store.head.block) return;
    await chain.rollback(toBlock, reason);
    this.#tell({ rollbacks: this.#status.rollbacks + 1 });
  }

  async #tellAgreed(batch: number): Promise<void> {
    this.#tell({ agreedBatch: batch, safeBlock: await this.#lastBlock(batch) });
  }

  #tell(change: Partial<FollowStatus>): void {
    this.#status = { ...this.#status, ...change };
  }
}

/** L1 takes a batch without looking at its ledger part; only its proof would. */
function breaksRules(error: unknown): boolean {
  return error instanceof ProtocolError || (error instanceof ChainError && error.code === 'BLOCK_INVALID');
}
