/**
 * What this node says the chain is, and what anyone derives from the data it posts, must be the same: blocks, state and outcome.
 * `DERIVE_SEED=n` repeats a history.
 */
import { encodeFunctionData, parseGwei } from 'viem';
import { beforeAll, beforeEach, expect, it, onTestFailed } from 'vitest';
import { Deriver } from '../chain/derive/deriveChain.ts';
import { DRIFT, ALICE as EVM_ALICE, BOB as EVM_BOB, LANE, testGenesis } from '../chain/derive/testing/testSequencer.ts';
import { hexBytes } from '../chain/evm/crypto.ts';
import { silentLogger } from '../chain/logger.ts';
import { openChain } from '../chain/openChain.ts';
import type { ChainStore } from '../chain/store.ts';
import type { FakeClock } from '../chain/testing/fakeClock.ts';
import { memoryDb } from '../chain/testing/memoryDb.ts';
import { OUTBOX_ABI } from '../genesis/predeploys/abi.ts';
import type { GenesisState } from '../genesis/spec.ts';
import { GRACE_SECONDS } from '../protocol/account.ts';
import { headerOf } from '../protocol/codec/header.ts';
import { accountIndex } from '../protocol/ids.ts';
import { OUTBOX } from '../protocol/lane/addresses.ts';
import type { L1Message } from '../protocol/lane/types.ts';
import {
  type Actor,
  close,
  open,
  type SignedClaim,
  signed,
  TEST_DOMAIN,
  transfer,
} from '../protocol/testing/actors.ts';
import { SeededRandom } from '../protocol/testing/random.ts';
import { Kind, type Op, type ShapeName } from '../protocol/types.ts';
import { RecoverPool } from './evm/recoverPool.ts';
import { Sequencer } from './sequencer.ts';
import { FakeL1 } from './testing/fakeL1.ts';
import { ALICE, CAROL, instantProofs, OPERATOR, testClock } from './testing/life.ts';
import { EVM_CHAIN, fundPeople, LONG, Traffic } from './testing/traffic.ts';

let genesis: GenesisState;
let db: ReturnType<typeof memoryDb>;
let clock: FakeClock;
let l1: FakeL1;
let messages: L1Message[];
let sequencer: Sequencer;
let store: ChainStore;
let derivedDb: ReturnType<typeof memoryDb>;
let deriver: Deriver;
let shapes: readonly ShapeName[];
let batchGas: bigint | undefined;

beforeAll(async () => {
  genesis = await testGenesis();
});

beforeEach(async () => {
  db = memoryDb();
  clock = testClock();
  l1 = new FakeL1();
  messages = [];
  shapes = ['dev'];
  batchGas = undefined;
  fundPeople(l1);
  await start();
  await sequencer.pollQueue();
  await tick();
  derivedDb = memoryDb();
  await openDeriver();
});

async function openDeriver(): Promise<void> {
  const identity = { genesis, domain: TEST_DOMAIN, evmLane: LANE, maxDriftSeconds: DRIFT };
  deriver = await Deriver.open(identity, { db: derivedDb });
}

/** A process on what the last one left. */
async function start(): Promise<void> {
  const chain = await openChain({ domain: TEST_DOMAIN, genesis }, { db });
  store = chain.store;
  sequencer = new Sequencer(
    {
      shapes,
      timing: { batchTimeMs: 10 * 86_400_000 },
      feeAccounts: { key: OPERATOR.key },
      queue: { l1Confirmations: 1 },
      evm: { evmLane: LANE, beneficiary: EVM_BOB.address, ...(batchGas !== undefined && { batchGas }) },
    },
    {
      ...{ store, l1, proofs: instantProofs(), verify: async (items) => items.map(() => true) },
      evm: {
        lane: chain.lane,
        recovery: new RecoverPool({ threads: 0 }),
        feed: {
          readAtMs: Number.POSITIVE_INFINITY,
          ready: (next) => messages.filter(({ index }) => index >= next),
          poll: async () => undefined,
        },
      },
      ...{ clock, log: silentLogger },
    },
  );
  await sequencer.load();
}

async function tick(): Promise<void> {
  await sequencer.tick();
  clock.advance(1000);
}

/** The account's next transaction; what the pool refuses is no part of the story. */
async function submit(who: Actor, signer: number, ...ops: (Op | SignedClaim)[]): Promise<boolean> {
  const nonce = sequencer.account(accountIndex(signer))?.nonce ?? 0;
  const tx = signed(who, { signer, nonce, ops, validUntil: 2 ** 40 - 1 });
  return sequencer.submit(tx).then(
    () => true,
    () => false,
  );
}

/** Derives every batch that was closed since, each time from disk, and compares all its blocks. */
async function expectSame(): Promise<void> {
  await openDeriver();
  for (let number = deriver.head.batch + 1; number <= store.head.closedBatch; number += 1) {
    const closed = (await store.batch(number)) ?? expect.unreachable();
    const evm = (await store.evmBatch(number)) ?? expect.unreachable();
    const header = headerOf(closed.batch, closed.exits.length);
    const committedAt = Math.floor(clock.nowMs() / 1000) + 60;
    const waiting = messages.filter(({ index }) => index >= deriver.head.inboxCount);
    const posted = { header, body: closed.commitment.body, evmData: evm.data, committedAt };
    const derived = await deriver.applyBatch(posted, waiting);
    expect(derived).toMatchObject({ number, fault: undefined, isSameOutput: true });
    for (let block = header.firstBlock; block <= header.lastBlock; block += 1n) {
      const [own, theirs] = [await store.evmBlock(block), await deriver.block(block)];
      expect(theirs?.hash, `block ${block}`).toBe(own?.hash);
      expect(theirs?.receipts).toEqual(own?.receipts);
    }
    expect(deriver.head.inboxCount).toBe(evm.output.inboxCount);
    expect(derived.ledgerRoot).toBe(closed.batch.newRoot);
  }
}

async function closeAndCompare(): Promise<void> {
  await sequencer.closeBatch();
  await expectSame();
}

it('a batch that ends with a transaction that opened a fee lane and did not fit posts data that count', async () => {
  for (let i = 0; i < 12; i += 1) {
    expect(await submit(ALICE, 3, transfer(3, 4, 1n))).toBe(true);
    await tick();
  }
  expect(store.head.closedBatch).toBe(0);
  expect(await submit(CAROL, 5, transfer(5, 2, 1n, { fee: 1n }))).toBe(true);
  await tick();
  expect(store.head.closedBatch).toBe(1);
  await expectSame();
  await tick();
  await closeAndCompare();
  expect(sequencer.account(accountIndex(2))?.balance).toBe(2n);
});

it('a batch that ends with a transaction that opened a fee lane and came too early posts data that count', async () => {
  const expiry = Math.floor(clock.nowMs() / 1000) + 100;
  expect(await submit(CAROL, 5, open(5, 0, { provider: 5, voucherKey: CAROL, amount: 50n, expiry }))).toBe(true);
  await tick();
  await closeAndCompare();
  clock.advance((95 + GRACE_SECONDS) * 1000);
  expect(await submit(ALICE, 3, transfer(3, 4, 1n))).toBe(true);
  await tick();
  clock.advance(60_000);
  // over by now, but not when the batch began
  const [channel] = [...sequencer.ledger.closedTree.entries()].find(([, { kind }]) => kind === Kind.CHANNEL) ?? [];
  expect(await submit(CAROL, 5, close(channel ?? 0, 5, 40n, 10n))).toBe(true);
  await tick();
  await closeAndCompare();
  expect(sequencer.mempool.size).toBe(1);
  await tick();
  await closeAndCompare();
  expect(sequencer.account(accountIndex(2))?.balance).toBe(10n);
});

it('a batch whose gas is used up is closed, and the next one takes what waits', async () => {
  batchGas = 600_000n;
  await start();
  const data = encodeFunctionData({ abi: OUTBOX_ABI, functionName: 'withdrawETH', args: [EVM_BOB.address, 0] });
  const fees = { maxFeePerGas: parseGwei('10'), maxPriorityFeePerGas: 1n };
  for (let nonce = 0; nonce < 8; nonce += 1) {
    const call = { to: OUTBOX, data, value: 1n, nonce, gas: 300_000n };
    const raw = await EVM_ALICE.signTransaction({ type: 'eip1559', chainId: EVM_CHAIN, ...fees, ...call });
    await sequencer.submitEvm(hexBytes(raw));
  }
  for (let i = 0; i < 8; i += 1) await tick();
  expect(sequencer.evmPool.hasPending(0n)).toBe(false);
  expect(store.head.closedBatch).toBeGreaterThan(0);
  await closeAndCompare();
});

const seeds = process.env.DERIVE_SEED === undefined ? [1, 3] : [Number(process.env.DERIVE_SEED)];

it.each(seeds)(
  'random traffic of both lanes, seed %i',
  async (seed) => {
    onTestFailed(() => console.error(`DERIVE_SEED=${seed}`));
    const random = new SeededRandom(seed);
    shapes = random.oneIn(2) ? ['dev'] : ['small', 'dev', 'medium'];
    await start();
    const evmNonces = new Map<string, number>();
    const took = (submitting: Promise<unknown>): Promise<boolean> =>
      submitting.then(
        () => true,
        () => false,
      );
    const traffic = new Traffic(random, {
      ...{ l1, clock, messages },
      account: (index) => sequencer.account(index),
      evmNonce: async (address) => {
        const nonce = evmNonces.get(address) ?? 0;
        evmNonces.set(address, nonce + 1);
        return nonce;
      },
      submit: (tx) => took(sequencer.submit(tx)),
      submitEvm: (raw) => took(sequencer.submitEvm(raw)),
    });
    const steps: (() => Promise<unknown>)[] = [
      ...Traffic.KINDS.map((kind) => () => traffic[kind]()),
      async () => clock.advance(random.oneIn(6) ? 1000 * LONG : 0),
      // What waits in the pool would be gone.
      async () => (random.oneIn(2) && sequencer.mempool.stats().pending === 0 ? start() : undefined),
      () => sequencer.closeBatch(),
    ];
    for (let i = 0; i < 120; i += 1) {
      await random.pick(steps)();
      await sequencer.pollQueue();
      if (!random.oneIn(4)) await tick();
    }
    await tick();
    await closeAndCompare();
    expect(store.head.closedBatch).toBeGreaterThan(3);
  },
  60_000,
);
