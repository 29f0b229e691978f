import type { BlockSignatures } from '../../chain/blockSignatures.ts';
import type { Clock } from '../../chain/clock.ts';
import { ChainError } from '../../chain/errors.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import { decodeItem } from '../../chain/wire/codec.ts';
import { recoverSigner } from '../../chain/wire/signatures.ts';
import type { ChainItem, WireBlock } from '../../chain/wire/types.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { type BatchClose, blockDigest, closeDigest } from '../../protocol/network/digests.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';
import type { SyncMetrics } from '../metrics/syncMetrics.ts';
import type { Verdict } from '../p2p/types.ts';
import type { Leadership } from '../validator/leadership.ts';
import type { Turns } from './turns.ts';
import type { UnsafeCheck } from './unsafeCheck.ts';
import { accept, ignore, reject } from './verdicts.ts';
import { WaitingItems } from './waitingItems.ts';

export interface BlockIntakeOptions {
  /** How far ahead of this node's clock a block may be, in seconds. Default 15. */
  readonly maxAheadSeconds?: number;
}

export interface BlockIntakeDeps {
  readonly store: ChainStore;
  readonly chain: Pick<Sequencer, 'importBlock' | 'importClose' | 'rollback'>;
  readonly leadership: Pick<Leadership, 'mayPropose' | 'slotAt' | 'isProposer' | 'isReady'>;
  readonly signatures: BlockSignatures;
  readonly unsafe: UnsafeCheck;
  /** The last block that L1 has and this node agrees with: nothing up to it is given up for what peers say. */
  readonly safeBlock: () => bigint;
  readonly turns: Turns;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<SyncMetrics, 'imported' | 'refused'>;
  /** Blocks between the head and this one are missing. */
  readonly onGap: (block: bigint, from: string) => void;
}

/**
 * Unsafe blocks and closes of others (docs/protocol.md section 15): signed by who may propose, taking from L1 what L1 has, and executed
 * before they are passed on.
 */
export class BlockIntake {
  readonly #maxAheadSeconds: number;
  readonly #deps: BlockIntakeDeps;
  readonly #waiting = new WaitingItems({ maxItems: 512, maxBytes: 32 * 2 ** 20 });

  constructor(options: BlockIntakeOptions, deps: BlockIntakeDeps) {
    this.#maxAheadSeconds = options.maxAheadSeconds ?? 15;
    this.#deps = deps;
  }

  /** A message of the topic `block`. */
  async onGossip(bytes: Uint8Array, from: string): Promise<Verdict> {
    let item: ChainItem;
    try {
      item = decodeItem(bytes);
    } catch (error) {
      if (error instanceof ChainError) return reject(error.code);
      throw error;
    }
    const verdict = await this.onItem(item, from, bytes.length);
    if (verdict.outcome === 'reject') this.#deps.metrics.refused(verdict.reason);
    if (verdict.outcome === 'accept') void this.#goOn(from);
    return verdict;
  }

  /** An item whose sender is `from`; blocks must come in order, or wait for those before them. */
  async onItem(item: ChainItem, from: string, bytes = 0): Promise<Verdict> {
    const proposer = this.#proposerVerdict(item);
    if (proposer !== undefined) return proposer;
    return this.#deps.turns.take(() =>
      item.kind === 'block' ? this.#block(item, from, bytes) : this.#close(item, bytes),
    );
  }

  /** undefined: it is signed by who may. Nodes see L1 at different moments: another validator's turn is bad luck, a stranger's never comes. */
  #proposerVerdict(item: ChainItem): Verdict | undefined {
    const { leadership, clock, store } = this.#deps;
    const { signature } = item;
    if (signature.length !== 65) return reject('NO_SIGNATURE');
    const nowSeconds = Math.floor(clock.nowMs() / 1000);
    if (item.kind === 'block' && item.block.timestamp > nowSeconds + this.#maxAheadSeconds) {
      return ignore('FROM_THE_FUTURE');
    }
    const digest =
      item.kind === 'block' ? blockDigest(store.domain, item.block) : closeDigest(store.domain, item.close);
    const signer = recoverSigner(digest, signature);
    if (signer === undefined) return reject('BAD_SIGNATURE');
    // Who leads now may close what the one before has left open.
    const times = item.kind === 'block' ? [item.block.timestamp] : [store.head.timestamp, nowSeconds];
    if (times.some((time) => leadership.mayPropose(signer, time))) return undefined;
    if (!leadership.isReady) return ignore('NO_SCHEDULE');
    return leadership.isProposer(signer) ? ignore('NOT_ITS_TURN') : reject('WRONG_PROPOSER');
  }

  async #block(item: ChainItem & { kind: 'block' }, from: string, bytes: number): Promise<Verdict> {
    const { store, chain, unsafe, signatures, safeBlock } = this.#deps;
    const { block, signature } = item;
    if (block.number <= store.head.block) {
      const verdict = await this.#conflict(block, safeBlock());
      if (verdict !== undefined) return verdict;
    }
    if (block.number > store.head.block + 1n) {
      this.#waiting.add(item, bytes);
      this.#deps.onGap(block.number, from);
      return ignore('AHEAD');
    }
    if (block.parentHash !== store.head.hash) return ignore('OTHER_PARENT');
    if (store.head.open !== undefined && block.batch > store.head.open.number) {
      // the close of the batch before is missing
      this.#waiting.add(item, bytes);
      this.#deps.onGap(block.number, from);
      return ignore('AHEAD');
    }
    const firstMessage = store.head.inboxCount;
    const onL1 = await unsafe.check({ l1: block.l1, l1Messages: block.l1Messages, firstMessage });
    if (onL1 === 'notYet') {
      this.#waiting.add(item, bytes);
      return ignore('AHEAD_OF_L1');
    }
    if (onL1 === 'no') return ignore('NOT_ON_L1');
    try {
      await chain.importBlock(block);
    } catch (error) {
      return verdictOf(error);
    }
    await signatures.putBlock(block.number, signature);
    this.#deps.metrics.imported('gossip', 1);
    return accept();
  }

  /** A block for a place that is taken: that of a later slot wins. undefined: the place is free now. */
  async #conflict(block: WireBlock, safeBlock: bigint): Promise<Verdict | undefined> {
    const { store, chain, leadership, log } = this.#deps;
    const ours = await store.header(block.number);
    if (ours === undefined) return ignore('OLD');
    if (BigInt(`0x${Buffer.from(ours.hash()).toString('hex')}`) === block.hash) return ignore('KNOWN');
    const isLater = leadership.slotAt(block.timestamp) > leadership.slotAt(Number(ours.timestamp));
    const isOurParent = BigInt(`0x${Buffer.from(ours.parentHash).toString('hex')}`) === block.parentHash;
    if (!isLater || !isOurParent || block.number <= safeBlock) return ignore('OTHER_BRANCH');
    log.warn({ block: block.number, head: store.head.block }, 'a later leader goes on from an earlier block');
    await chain.rollback(block.number - 1n, 'LATER_LEADER');
    return undefined;
  }

  async #close(item: ChainItem & { kind: 'close' }, bytes: number): Promise<Verdict> {
    const { store, chain, signatures } = this.#deps;
    const { close, signature } = item;
    const { head } = store;
    if (close.number <= head.closedBatch) return ignore('KNOWN');
    if (close.lastBlock > head.block) {
      this.#waiting.add(item, bytes);
      return ignore('AHEAD');
    }
    if (!isCloseOf(close, head)) return ignore('OTHER_BRANCH');
    try {
      await chain.importClose(close);
    } catch (error) {
      // Another version of the compressor posts other bytes of the same content: L1 will tell.
      if (error instanceof ChainError && error.code === 'CLOSE_MISMATCH') return ignore(error.code);
      return verdictOf(error);
    }
    await signatures.putClose(close.number, signature);
    return accept();
  }

  /** What waited for the blocks that are here now. */
  async #goOn(from: string): Promise<void> {
    for (;;) {
      const { head } = this.#deps.store;
      const item = this.#waiting.takeNext(head);
      if (item === undefined) return;
      const { outcome } = await this.onItem(item, from);
      if (outcome !== 'accept') return;
    }
  }

  /** Looks again at what waited for L1. */
  async retry(): Promise<void> {
    await this.#goOn('');
  }
}

function isCloseOf(close: BatchClose, head: ChainStore['head']): boolean {
  return head.open !== undefined && close.number === head.open.number && close.lastBlock === head.block;
}

function verdictOf(error: unknown): Verdict {
  if (error instanceof ChainError) {
    if (error.code === 'BLOCK_INVALID') return reject(error.code);
    if (error.code === 'OUT_OF_ORDER') return ignore(error.code);
  }
  if (error instanceof ProtocolError) return reject(error.code);
  throw error;
}
