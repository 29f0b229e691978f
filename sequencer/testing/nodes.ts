import { expect } from 'vitest';
import type { Db } from '../../chain/db.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { CrashPoint } from '../../chain/testing/crash.ts';
import type { FakeClock } from '../../chain/testing/fakeClock.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { decodeItem, encodeItem, wireBlockOf } from '../../chain/wire/codec.ts';
import type { WireBlock } from '../../chain/wire/types.ts';
import { accountIndex } from '../../protocol/ids.ts';
import type { BatchClose } from '../../protocol/network/digests.ts';
import { signed, TEST_DOMAIN, transfer } from '../../protocol/testing/actors.ts';
import { txHash } from '../../protocol/tx.ts';
import type { Field, SignedTx } from '../../protocol/types.ts';
import type { DroppedTx } from '../mempool.ts';
import type { Sequencer } from '../sequencer.ts';
import type { ProofQueuePort, SequencerOptions } from '../sequencerTypes.ts';
import { FakeL1 } from './fakeL1.ts';
import { ALICE, DEPOSITS, startProcess, testClock } from './life.ts';

export interface TestNode {
  readonly sequencer: Sequencer;
  readonly store: ChainStore;
  readonly dropped: DroppedTx[];
}

export interface TestNodeOptions {
  readonly db?: Db;
  readonly options?: Partial<SequencerOptions>;
  readonly proofs?: ProofQueuePort;
  readonly crash?: CrashPoint;
}

/** Nodes on one L1, whose queue begins with the deposits of operator 1, Alice 2 and Bob 3. */
export class TestNodes {
  readonly l1 = new FakeL1();
  readonly clock: FakeClock = testClock();

  constructor() {
    this.l1.enqueue(...DEPOSITS);
    this.l1.mine(2);
  }

  async node({ db = memoryDb(), ...rest }: TestNodeOptions = {}): Promise<TestNode> {
    const { l1, clock } = this;
    const { sequencer, store } = await startProcess({ db, l1, clock, ...rest });
    const dropped: DroppedTx[] = [];
    sequencer.events.on('txDropped', (drop) => void dropped.push(drop));
    return { sequencer, store, dropped };
  }

  /** A node that has taken in the deposits. */
  async funded(options: TestNodeOptions = {}): Promise<TestNode> {
    const found = await this.node(options);
    await this.fund(found);
    await found.sequencer.closeBatch();
    return found;
  }

  async fund(node: TestNode): Promise<void> {
    await node.sequencer.pollQueue();
    while (node.sequencer.account(accountIndex(3)) === undefined) await this.tick(node);
  }

  async tick({ sequencer }: TestNode): Promise<void> {
    await sequencer.tick();
    this.clock.advance(1000);
  }
}

/** A stored block as it arrives from the wire. */
export async function wireOf({ store }: TestNode, number: bigint): Promise<WireBlock> {
  const block = (await store.block(number)) ?? expect.unreachable();
  const { open } = store.head;
  return sent(wireBlockOf(block, (await store.summary(block.batch))?.timestamp ?? open?.timestamp ?? 0));
}

/** The block as it arrives. */
export function sent(block: WireBlock): WireBlock {
  const item = decodeItem(encodeItem({ kind: 'block', block, signature: new Uint8Array() }));
  return item.kind === 'block' ? item.block : expect.unreachable();
}

export async function closeOf({ store }: TestNode, number: number): Promise<BatchClose> {
  const { batch, commitment } = (await store.batch(number)) ?? expect.unreachable();
  const { lastBlock, shape, evmCommitment } = batch;
  return { number, lastBlock, shape, evmCommitment, c: commitment.c };
}

/** `to` gets all that `from` has. */
export async function follow(from: TestNode, to: TestNode): Promise<void> {
  for (let number = to.store.head.block + 1n; number <= from.store.head.block; number += 1n) {
    const block = await wireOf(from, number);
    await to.sequencer.importBlock(block);
    const summary = await from.store.summary(block.batch);
    if (summary?.lastBlock === number) await to.sequencer.importClose(await closeOf(from, block.batch));
  }
}

export async function codeOf(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

/** Alice pays Bob. */
export function pay(nonce: number, amount = 1n): SignedTx {
  return signed(ALICE, { signer: 2, nonce, ops: [transfer(2, 3, amount)], validUntil: 2 ** 40 - 1 });
}

export function hashOf(tx: SignedTx): Field {
  return txHash(tx, TEST_DOMAIN);
}

/** Lets everything run that is ready to. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
