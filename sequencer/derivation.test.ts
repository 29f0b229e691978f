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
  attest,
  claim,
  close,
  exit,
  open,
  register,
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
import { ALICE, BOB, CAROL, depositNew, instantProofs, OPERATOR, testClock } from './testing/life.ts';

/** Ledger accounts: the operator's for fees (1: ETH, 2: token 7), Alice 3 and Bob 4 (ETH), Carol 5 (token 7). */
const PEOPLE = [
  { index: 3, who: ALICE },
  { index: 4, who: BOB },
  { index: 5, who: CAROL },
] as const;
const TOKEN = 7;
const MODEL_BPS = 1000;
const EVM_CHAIN = 7171;

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
  l1.enqueue(depositNew(OPERATOR, 0n), depositNew(OPERATOR, 0n, TOKEN), depositNew(ALICE, 10n ** 9n));
  l1.enqueue(depositNew(BOB, 10n ** 9n), depositNew(CAROL, 10n ** 9n, TOKEN));
  l1.mine(2);
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
    const evmNonces = [0, 0];
    const gas = {
      type: 'eip1559',
      chainId: EVM_CHAIN,
      maxFeePerGas: parseGwei('10'),
      maxPriorityFeePerGas: 1n,
    } as const;
    const one = () => random.pick(PEOPLE);
    const fee = () => (random.oneIn(2) ? BigInt(random.int(50)) : 0n);
    const amount = () => BigInt(random.int(random.oneIn(5) ? 2 * 10 ** 9 : 10 ** 6));
    const now = () => Math.floor(clock.nowMs() / 1000);
    /** A live account of that kind; undefined: none was found in a few tries. */
    const live = (kind: Kind) => {
      for (let i = 0; i < 60; i += 1) {
        const index = 1 + random.int(60);
        const found = sequencer.account(accountIndex(index));
        if (found?.kind === kind) return { index, account: found };
      }
      return undefined;
    };
    const steps: Record<string, () => Promise<unknown>> = {
      transfer: async () => {
        const { who, index } = one();
        return submit(who, index, transfer(index, live(Kind.KEY)?.index ?? 3, amount(), { fee: fee() }));
      },
      'to the lane': async () => {
        const { who, index } = one();
        return submit(who, index, exit(index, BigInt(LANE), amount(), fee()));
      },
      'from a model to the lane': async () => {
        const found = live(Kind.ATTEST);
        const owner = PEOPLE.find(({ index }) => index === Number(found && found.account.c & 0xffffffffn));
        if (found === undefined || owner === undefined) return;
        return submit(owner.who, owner.index, exit(found.index, BigInt(LANE), found.account.balance, 0n));
      },
      'to L1': async () => {
        const { who, index } = one();
        return submit(who, index, exit(index, who.address, amount(), fee()));
      },
      bundle: async () => {
        const { who, index } = one();
        return submit(
          who,
          index,
          register(index, 0, CAROL, amount(), fee()),
          exit(index, BigInt(LANE), amount()),
          attest(index, 0, { royaltyBps: MODEL_BPS, amount: amount(), parent: live(Kind.ATTEST)?.index ?? 0 }),
        );
      },
      open: async () => {
        const { who, index } = one();
        const provider = one().index;
        const model = random.oneIn(3) ? 0 : (live(Kind.ATTEST)?.index ?? 0);
        const terms = { provider, voucherKey: CAROL, amount: amount(), expiry: now() + random.int(4000), model };
        return submit(who, index, open(index, 0, { ...terms, fee: fee() }));
      },
      claim: async () => {
        const found = live(Kind.CHANNEL);
        if (found === undefined) return;
        const { c, claimed, balance } = found.account;
        const provider = PEOPLE.find(({ index }) => index === Number(c & 0xffffffffn)) ?? PEOPLE[0];
        const royaltyBps = ((c >> 64n) & 0xffffffffn) === 0n ? 0 : MODEL_BPS;
        const total = claimed + BigInt(random.int(Number(balance) + 1));
        const parts = { voucherKey: CAROL, total, claimed, royaltyBps, fee: royaltyBps === 0 ? 0n : fee() };
        if (total - claimed < 100n) return;
        return submit(provider.who, provider.index, claim(found.index, provider.index, parts));
      },
      close: async () => {
        const found = live(Kind.CHANNEL);
        const payer = PEOPLE.find(({ index }) => BigInt(index) === (((found?.account.c ?? 0n) >> 32n) & 0xffffffffn));
        if (found === undefined || payer === undefined) return;
        return submit(payer.who, payer.index, close(found.index, payer.index, found.account.balance, 0n));
      },
      queue: async () => {
        const { who, index } = one();
        const target = accountIndex(random.oneIn(2) ? index : 1 + random.int(70));
        const owner = sequencer.account(target)?.c ?? 1n;
        const token = random.oneIn(2) ? 0 : TOKEN;
        const deposit = { opcode: 2, index: target, token, amount: amount(), address: who.address } as const;
        // never the whole of a person: the story would end
        const isSafe = target > 5;
        const item = random.oneIn(3) && isSafe ? ({ opcode: 3, index: target, address: owner } as const) : deposit;
        l1.enqueue(random.oneIn(3) ? depositNew(who, amount(), token) : item);
        l1.mine(2);
        await sequencer.pollQueue();
      },
      message: async () => {
        for (let count = random.oneIn(4) ? 20 : 1; count > 0; count -= 1) {
          const index = BigInt(messages.length);
          const people = { sender: EVM_ALICE, to: random.oneIn(3) ? OUTBOX : EVM_BOB.address, refundTo: EVM_ALICE };
          const [sender, to, refundTo] = [people.sender.address, people.to, people.refundTo.address].map(
            (address) => address.toLowerCase() as `0x${string}`, // still an address
          );
          if (sender === undefined || to === undefined || refundTo === undefined) return;
          const l1Timestamp = now() - 10;
          if (random.oneIn(5)) {
            const text = random.pick(['Tok', '\u0000\ufffd\u00fc', 'x'.repeat(80), '']);
            messages.push({ kind: 'token', index, l1Timestamp, token: TOKEN, name: text, symbol: text, decimals: 255 });
          } else {
            const sum = random.pick([0n, 1n, 2n ** 96n - 1n, amount()]);
            const money = {
              token: random.pick([0, TOKEN, 65_535]),
              amount: sum,
              gasLimit: 100_000n,
              data: '0x',
            } as const;
            messages.push({ kind: 'deposit', index, l1Timestamp, sender, to, refundTo, ...money });
          }
        }
      },
      evm: async () => {
        const who = random.int(2);
        const from = who === 0 ? EVM_ALICE : EVM_BOB;
        const data = encodeFunctionData({ abi: OUTBOX_ABI, functionName: 'withdrawETH', args: [from.address, 3] });
        const call = random.oneIn(2) ? { to: OUTBOX, data } : { to: LANE };
        const nonce = evmNonces[who] ?? 0;
        evmNonces[who] = nonce + 1;
        const raw = await from.signTransaction({ ...gas, ...call, nonce, gas: 300_000n, value: BigInt(random.int(9)) });
        return sequencer.submitEvm(hexBytes(raw));
      },
      'no time, or much': async () => clock.advance(random.oneIn(6) ? 1000 * (GRACE_SECONDS + 5000) : 0),
      restart: async () => {
        if (!random.oneIn(2)) return;
        const pending = sequencer.mempool.stats().pending;
        if (pending === 0) await start();
      },
      'end of the batch': () => sequencer.closeBatch(),
    };
    const names = Object.keys(steps);
    for (let i = 0; i < 120; i += 1) {
      await steps[random.pick(names)]?.();
      if (!random.oneIn(4)) await tick();
    }
    await tick();
    await closeAndCompare();
    expect(store.head.closedBatch).toBeGreaterThan(3);
  },
  60_000,
);
