import type { BlockSignatures } from '../../chain/blockSignatures.ts';
import type { Clock } from '../../chain/clock.ts';
import { ChainError } from '../../chain/errors.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import { decodeItem, encodeItem } from '../../chain/wire/codec.ts';
import { recoverSigner } from '../../chain/wire/signatures.ts';
import type { ChainItem, WireBlock } from '../../chain/wire/types.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { Hex } from '../../protocol/lane/types.ts';
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
  readonly leadership: Pick<Leadership, 'mayPropose' | 'slotAt' | 'isProposer' | 'isReady' | 'leaderAt' | 'seat'>;
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
  /** Proposers whose signature stands under a block that breaks a rule: for what they sign, nothing is given up any more. */
  readonly #liars = new Set<Hex>();
  /** Whoever held the seat while this node ran. */
  readonly #seats = new Set<Hex>();

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
    const signer = this.#proposerOf(item);
    if (typeof signer !== 'string') return signer;
    const held = bytes > 0 ? bytes : encodeItem(item).length;
    return this.#deps.turns.take(() =>
      item.kind === 'block' ? this.#block(item, { from, bytes: held, signer }) : this.#close(item, held),
    );
  }

  /** Who signed it, if that is who may. Nodes see L1 at different moments: another validator's turn is bad luck, a stranger's never comes. */
  #proposerOf(item: ChainItem): Hex | Verdict {
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
    const { seat } = leadership;
    if (seat !== undefined) this.#seats.add(seat);
    // Who leads now may close what the one before has left open.
    const times = item.kind === 'block' ? [item.block.timestamp] : [store.head.timestamp, nowSeconds];
    if (times.some((time) => leadership.mayPropose(signer, time))) return signer;
    if (!leadership.isReady) return ignore('NO_SCHEDULE');
    // Where nobody takes turns an open path is everybody's; and who has lost the seat may not know it yet.
    const isNobodys = leadership.leaderAt(nowSeconds) === undefined;
    const isHonest = isNobodys || leadership.isProposer(signer) || this.#seats.has(signer);
    return isHonest ? ignore('NOT_ITS_TURN') : reject('WRONG_PROPOSER');
  }

  async #block(item: ChainItem & { kind: 'block' }, sender: Sender): Promise<Verdict> {
    const { store, chain, unsafe, signatures, onGap } = this.#deps;
    const { block, signature } = item;
    const isTaken = block.number <= store.head.block;
    const refusal = isTaken ? await this.#conflict(block, sender.signer) : this.#gap(item, sender);
    if (refusal !== undefined) return refusal;
    const parent = await this.#parentOf(block);
    if (parent === undefined) return ignore('OLD');
    // Else L1 would be asked for whatever its proposer fancies.
    if (block.l1.firstQueueIndex !== parent.nextQueueIndex) return reject('BLOCK_INVALID');
    const { l1, l1Messages } = block;
    const onL1 = await unsafe.check({ l1, l1Messages, firstMessage: parent.inboxCount });
    if (onL1 === 'notYet') {
      this.#waiting.add(item, sender.bytes);
      return ignore('AHEAD_OF_L1');
    }
    if (onL1 === 'no') return ignore('NOT_ON_L1');
    if (isTaken) await this.#giveWay(block);
    if (this.#isCloseMissing(block)) {
      this.#waiting.add(item, sender.bytes);
      onGap(block.number, sender.from);
      return ignore('AHEAD');
    }
    try {
      await chain.importBlock(block);
    } catch (error) {
      const verdict = verdictOf(error);
      if (verdict.outcome === 'reject') this.#liars.add(sender.signer);
      // What was given up for it is fetched again.
      if (isTaken) onGap(block.number, '');
      return verdict;
    }
    await signatures.putBlock(block.number, signature);
    this.#deps.metrics.imported('gossip', 1);
    return accept();
  }

  /** Why a block beyond the head cannot be taken now; undefined: it follows the head. */
  #gap(item: ChainItem & { kind: 'block' }, { from, bytes }: Sender): Verdict | undefined {
    const { store, onGap } = this.#deps;
    const { number, parentHash } = item.block;
    if (number > store.head.block + 1n) {
      this.#waiting.add(item, bytes);
      onGap(number, from);
      return ignore('AHEAD');
    }
    if (parentHash === store.head.hash) return undefined;
    // Its chain parts from ours further down, and may have the later slot there.
    onGap(number, from);
    return ignore('OTHER_PARENT');
  }

  /** The block begins a batch, and the one before is open here. */
  #isCloseMissing({ batch }: WireBlock): boolean {
    const { open } = this.#deps.store.head;
    return open !== undefined && batch > open.number;
  }

  /** Where the block before ended; undefined: it is not known here. */
  async #parentOf({ number }: WireBlock): Promise<{ nextQueueIndex: bigint; inboxCount: bigint } | undefined> {
    const { store } = this.#deps;
    if (number === store.head.block + 1n) return store.head;
    if (number === 1n) return { nextQueueIndex: 0n, inboxCount: 0n };
    const parent = await store.block(number - 1n);
    if (parent === undefined) return undefined;
    const { l1, evm } = parent;
    return { nextQueueIndex: l1.firstQueueIndex + BigInt(l1.ops.length), inboxCount: evm.inboxCount };
  }

  /** A block for a place that is taken: that of a later slot wins. undefined: it does. */
  async #conflict(block: WireBlock, signer: Hex): Promise<Verdict | undefined> {
    const { store, leadership, safeBlock } = this.#deps;
    const ours = await store.header(block.number);
    if (ours === undefined) return ignore('OLD');
    if (BigInt(`0x${Buffer.from(ours.hash()).toString('hex')}`) === block.hash) return ignore('KNOWN');
    const isLater = leadership.slotAt(block.timestamp) > leadership.slotAt(Number(ours.timestamp));
    const isOurParent = BigInt(`0x${Buffer.from(ours.parentHash).toString('hex')}`) === block.parentHash;
    if (!isLater || !isOurParent || block.number <= safeBlock()) return ignore('OTHER_BRANCH');
    // It goes on with a batch that is closed here before it: it could not be taken in.
    const closed = await store.summary(block.batch);
    const isBehindClose = closed !== undefined && closed.lastBlock < block.number;
    return isBehindClose || this.#liars.has(signer) ? ignore('OTHER_BRANCH') : undefined;
  }

  async #giveWay({ number }: WireBlock): Promise<void> {
    const { store, chain, log } = this.#deps;
    log.warn({ block: number, head: store.head.block }, 'a later leader goes on from an earlier block');
    if (store.head.block >= number) await chain.rollback(number - 1n, 'LATER_LEADER');
  }

  async #close(item: ChainItem & { kind: 'close' }, bytes: number): Promise<Verdict> {
    const { store, chain, signatures, unsafe } = this.#deps;
    const { close, signature } = item;
    const { head } = store;
    if (close.number <= head.closedBatch) return ignore('KNOWN');
    if (close.lastBlock > head.block) {
      this.#waiting.add(item, bytes);
      return ignore('AHEAD');
    }
    if (!isCloseOf(close, head)) return ignore('OTHER_BRANCH');
    // Whoever leads next would commit it, and lose what it holds: it stays open, and is closed by the next one with what it must take.
    if (await unsafe.leavesForced(head.open?.timestamp ?? 0)) return ignore('LEAVES_MESSAGES');
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

  /** What waited for the blocks that are here now. Never fails: what L1 could not be asked for is fetched again when it is missed. */
  async #goOn(from: string): Promise<void> {
    try {
      for (;;) {
        const item = this.#waiting.takeNext(this.#deps.store.head);
        if (item === undefined || (await this.onItem(item, from)).outcome !== 'accept') return;
      }
    } catch (err) {
      this.#deps.log.warn({ err }, 'a block that waited could not be looked at');
    }
  }

  /** Looks again at what waited for L1. */
  async retry(): Promise<void> {
    await this.#goOn('');
  }
}

interface Sender {
  readonly from: string;
  readonly bytes: number;
  /** The proposer. */
  readonly signer: Hex;
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
