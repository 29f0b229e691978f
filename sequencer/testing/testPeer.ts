import type { Db } from '../../chain/db.ts';
import { LANE } from '../../chain/derive/testing/testSequencer.ts';
import { ChainError } from '../../chain/errors.ts';
import { silentLogger } from '../../chain/logger.ts';
import { openChain } from '../../chain/openChain.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { FakeClock } from '../../chain/testing/fakeClock.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { decodeItem, encodeItem, wireBlockOf } from '../../chain/wire/codec.ts';
import type { ChainItem } from '../../chain/wire/types.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import { queueItemOf } from '../../protocol/applyBatch.ts';
import { headerOf } from '../../protocol/codec/header.ts';
import { type SignedMessage, verify } from '../../protocol/crypto/eddsa.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { RecoverPool } from '../evm/recoverPool.ts';
import { L1Error } from '../l1Port.ts';
import { Sequencer } from '../sequencer.ts';
import type { SequencerOptions } from '../sequencerTypes.ts';
import type { FakeL1 } from './fakeL1.ts';
import type { FakeCommitted } from './fakeRollup.ts';
import { instantProofs, OPERATOR } from './life.ts';

/** What all peers share. */
export interface PeerWorld {
  readonly l1: FakeL1;
  readonly clock: FakeClock;
  readonly genesis: GenesisState;
  readonly messages: readonly L1Message[];
  /** Whose turn it is to build. */
  leaderAt(nowMs: number): string;
  /** Milliseconds: of two blocks of one number the one of the later slot wins. */
  readonly slotMs: number;
  /** What a peer says to all others. */
  spread(from: string, bytes: Uint8Array): void;
}

const NO_SIGNATURE = new Uint8Array();
/** Of L1, before anything is believed. */
const CONFIRMATIONS = 1;

/** A node with nothing but a sequencer, and the least of what follows others and L1 (the real one is in node/sync). */
export class TestPeer {
  readonly name: string;
  readonly #world: PeerWorld;
  readonly #options: Partial<SequencerOptions>;
  readonly #db: Db = memoryDb();
  #sequencer: Sequencer | undefined;
  #store: ChainStore | undefined;
  #saying: Promise<void> = Promise.resolve();
  isSynced = true;
  rollbacks = 0;

  private constructor(name: string, world: PeerWorld, options: Partial<SequencerOptions>) {
    this.name = name;
    this.#world = world;
    this.#options = options;
  }

  static async start(name: string, world: PeerWorld, options: Partial<SequencerOptions> = {}): Promise<TestPeer> {
    const peer = new TestPeer(name, world, options);
    await peer.start();
    return peer;
  }

  /** A process on what the last one left. */
  async start(): Promise<void> {
    const { l1, clock, genesis, messages } = this.#world;
    const { store, lane } = await openChain({ domain: TEST_DOMAIN, genesis }, { db: this.#db });
    const sequencer = new Sequencer(
      {
        shapes: ['small', 'dev'],
        timing: { batchTimeMs: 4000, l1WaitMs: 2000, resubmitAfterMs: 5000 },
        feeAccounts: { key: OPERATOR.key },
        queue: { l1Confirmations: CONFIRMATIONS },
        publisher: { confirmations: CONFIRMATIONS },
        evm: { evmLane: LANE },
        handoverMs: 1000,
        ...this.#options,
      },
      {
        ...{ store, l1: l1.as(this.name), clock, log: silentLogger, proofs: instantProofs() },
        verify: async (items) => items.map(isSigned),
        evm: {
          lane,
          recovery: new RecoverPool({ threads: 0 }),
          feed: {
            readAtMs: Number.POSITIVE_INFINITY,
            ready: (next) => messages.filter(({ index }) => index >= next),
            poll: async () => undefined,
          },
        },
        duties: {
          mayBuild: (nowMs) => this.isSynced && this.#world.leaderAt(nowMs) === this.name,
          mayPublish: () => true,
        },
      },
    );
    await sequencer.load();
    sequencer.events.on('built', ({ number }) => this.#say(() => this.#blockItem(number)));
    sequencer.events.on('closedHere', ({ number }) => this.#say(() => this.#closeItem(number)));
    sequencer.events.on('rolledBack', () => {
      this.rollbacks += 1;
    });
    sequencer.events.on('l1Mismatch', () => {
      this.isSynced = false;
    });
    this.#sequencer = sequencer;
    this.#store = store;
  }

  /** What was only in memory is gone. */
  kill(): void {
    this.#sequencer = undefined;
  }

  get isAlive(): boolean {
    return this.#sequencer !== undefined;
  }

  get sequencer(): Sequencer {
    if (this.#sequencer === undefined) throw new Error(`${this.name} is dead`);
    return this.#sequencer;
  }

  get store(): ChainStore {
    if (this.#store === undefined) throw new Error(`${this.name} was never alive`);
    return this.#store;
  }

  /** One round of all its loops. What it says is on the wire afterwards. */
  async turn(): Promise<void> {
    await tolerant(() => this.sequencer.pollQueue());
    await this.sequencer.tick();
    await this.#saying;
    await tolerant(() => this.sequencer.publish());
  }

  /** An item from the wire. false: something before it is missing, or it is of another chain than ours. */
  async receive(bytes: Uint8Array): Promise<boolean> {
    const item = decodeItem(bytes);
    const { head } = this.store;
    if (item.kind === 'close') {
      const { number, lastBlock } = item.close;
      if (number <= head.closedBatch) return true;
      if (head.open?.number !== number || head.block !== lastBlock) return false;
      return this.sequencer.importClose(item.close).then(
        () => true,
        (error: unknown) => {
          // It names no block: it may be of another one with that number.
          if (error instanceof ChainError && error.code === 'CLOSE_MISMATCH') return false;
          throw error;
        },
      );
    }
    const { block } = item;
    if (block.number <= head.block) {
      const own = await this.store.block(block.number);
      return (
        own?.hash === block.hash || slotOf(own?.timestamp ?? 0, this.#world) >= slotOf(block.timestamp, this.#world)
      );
    }
    if (block.parentHash !== head.hash || block.batch !== head.closedBatch + 1) return false;
    await this.sequencer.importBlock(block);
    return true;
  }

  /** Takes over another's chain, whatever there is of our own beyond what both have; what L1 has stays. */
  async follow(other: TestPeer): Promise<void> {
    const [own, theirs] = [this.store, other.store];
    let common = own.head.block < theirs.head.block ? own.head.block : theirs.head.block;
    while (common > 0n && (await own.block(common))?.hash !== (await theirs.block(common))?.hash) common -= 1n;
    if (common === theirs.head.block && own.head.closedBatch >= theirs.head.closedBatch) return;
    // A batch that they closed elsewhere, or not: its last block is taken in again, and open again with it.
    while (common > 0n && !(await this.#isSameBoundary(common, other))) common -= 1n;
    if (common < (await this.#safeBlock())) return;
    await this.sequencer.rollback(common, 'ANOTHER_CHAIN');
    for (let number = common; number <= theirs.head.block; number += 1n) {
      if (number > common) await this.receive(await other.#blockItem(number));
      const close = await other.#closeAt(number);
      if (close !== undefined && close > own.head.closedBatch) await this.receive(await other.#closeItem(close));
    }
  }

  /** Goes on from what another has beyond our own head. */
  async extend(other: TestPeer): Promise<void> {
    const { head } = this.store;
    const theirs = head.block === 0n ? head.hash : (await other.store.block(head.block))?.hash;
    if (theirs === head.hash) await this.follow(other);
  }

  /** Makes the chain what L1 says. */
  async followL1(): Promise<void> {
    const { l1 } = this.#world;
    if (l1.isDown) return;
    const state = await l1.state({ confirmations: CONFIRMATIONS });
    for (const posted of l1.commits.slice(0, state.committed.batch)) {
      const { number } = posted.closed.batch;
      const own = await this.store.batch(number);
      if (own?.commitment.c === posted.closed.commitment.c) continue;
      await this.#derive(posted);
    }
    await this.#giveUpItemsThatAreGone(Number(state.queueTail));
    this.isSynced = true;
  }

  async #derive({ closed, evm, at }: FakeCommitted): Promise<void> {
    const header = headerOf(closed.batch, closed.exits.length);
    const { head } = this.store;
    if (head.block >= header.firstBlock || head.open !== undefined) {
      await this.sequencer.rollback(header.firstBlock - 1n, 'L1_DIFFERS');
    }
    const { inboxCount } = this.store.head;
    const messages = this.#world.messages.filter(({ index }) => index >= inboxCount);
    const posted = { header, body: closed.commitment.body, evmData: evm.data, committedAt: at };
    await this.sequencer.importPosted(posted, messages);
  }

  /** Blocks above what L1 has that took in what L1's queue does not hold. */
  async #giveUpItemsThatAreGone(queueTail: number): Promise<void> {
    const { queue } = this.#world.l1;
    for (let number = (await this.#safeBlock()) + 1n; number <= this.store.head.block; number += 1n) {
      const block = await this.store.block(number);
      const first = Number(block?.l1.firstQueueIndex ?? 0n);
      const isGone = block?.l1.ops.some((op, i) => {
        const item = queue[first + i];
        return first + i >= queueTail || item === undefined || asText(item) !== asText(queueItemOf(op));
      });
      if (isGone === true) return this.sequencer.rollback(number - 1n, 'L1_ITEM_GONE');
    }
  }

  /** The last block of the last batch that L1 has and we have, too. */
  async #safeBlock(): Promise<bigint> {
    const { committed } = this.sequencer.publisher.state;
    return (await this.store.summary(committed))?.lastBlock ?? 0n;
  }

  async #isSameBoundary(block: bigint, other: TestPeer): Promise<boolean> {
    const [own, theirs] = [await this.#closeAt(block), await other.#closeAt(block)];
    if (own === undefined) return true;
    const [ours, others] = [await this.store.batch(own), await other.store.batch(theirs ?? 0)];
    const isTheirHead = theirs === undefined && other.store.head.block === block;
    return isTheirHead || (others !== undefined && others.commitment.c === ours?.commitment.c);
  }

  /** The closed batch that ends with this block. */
  async #closeAt(block: bigint): Promise<number | undefined> {
    const found = await this.store.block(block);
    const summary = found && (await this.store.summary(found.batch));
    return summary?.lastBlock === block ? summary.number : undefined;
  }

  #say(item: () => Promise<Uint8Array>): void {
    this.#saying = this.#saying.then(async () => this.#world.spread(this.name, await item()));
  }

  async #blockItem(number: bigint): Promise<Uint8Array> {
    const block = await this.store.block(number);
    if (block === undefined) throw new Error(`no block ${number}`);
    const { open } = this.store.head;
    const summary = await this.store.summary(block.batch);
    const batchTimestamp = summary?.timestamp ?? open?.timestamp ?? 0;
    return encoded({ kind: 'block', block: wireBlockOf(block, batchTimestamp), signature: NO_SIGNATURE });
  }

  async #closeItem(number: number): Promise<Uint8Array> {
    const closed = await this.store.batch(number);
    if (closed === undefined) throw new Error(`no batch ${number}`);
    const { lastBlock, shape, evmCommitment } = closed.batch;
    const close = { number, lastBlock, shape, evmCommitment, c: closed.commitment.c };
    return encoded({ kind: 'close', close, signature: NO_SIGNATURE });
  }
}

function encoded(item: ChainItem): Uint8Array {
  return encodeItem(item);
}

function slotOf(timestamp: number, { slotMs }: PeerWorld): number {
  return Math.floor((timestamp * 1000) / slotMs);
}

async function tolerant(step: () => Promise<unknown>): Promise<void> {
  await step().catch((error: unknown) => {
    if (!(error instanceof L1Error)) throw error;
  });
}

const verdicts = new Map<string, boolean>();

/** The same few signatures are checked by several peers. */
function isSigned({ pub, message, signature }: SignedMessage): boolean {
  const name = [...pub, message, ...signature.r8, signature.s].join();
  const known = verdicts.get(name) ?? verify(pub, message, signature);
  verdicts.set(name, known);
  return known;
}

function asText(item: object): string {
  return Object.entries(item)
    .map(([name, value]) => `${name}=${String(value)}`)
    .sort()
    .join();
}
