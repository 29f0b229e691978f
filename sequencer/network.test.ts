/**
 * Sequencers that follow each other and L1, in one process: turns change, blocks get lost, nodes die, L1 is reorganised. `NETWORK_SEED=n`
 * repeats a history.
 */
import { beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { testGenesis } from '../chain/derive/testing/testSequencer.ts';
import type { FakeClock } from '../chain/testing/fakeClock.ts';
import type { GenesisState } from '../genesis/spec.ts';
import { applyBatch } from '../protocol/applyBatch.ts';
import { accountIndex } from '../protocol/ids.ts';
import type { L1Message } from '../protocol/lane/types.ts';
import { signed, transfer } from '../protocol/testing/actors.ts';
import { SeededRandom } from '../protocol/testing/random.ts';
import { AccountTree } from '../protocol/tree.ts';
import { L1Opcode } from '../protocol/types.ts';
import { FakeL1 } from './testing/fakeL1.ts';
import { ALICE, testClock } from './testing/life.ts';
import { type PeerWorld, TestPeer } from './testing/testPeer.ts';
import { fundPeople, Traffic } from './testing/traffic.ts';

const SLOT_MS = 8000;

let genesis: GenesisState;
let clock: FakeClock;
let l1: FakeL1;
let messages: L1Message[];
let leader: string;
let wire: { from: string; bytes: Uint8Array }[];
let world: PeerWorld;

beforeAll(async () => {
  genesis = await testGenesis();
});

beforeEach(() => {
  clock = testClock();
  l1 = new FakeL1();
  l1.now = () => Math.floor(clock.nowMs() / 1000);
  messages = [];
  wire = [];
  leader = 'a';
  l1.leader = 'a';
  fundPeople(l1);
  world = {
    ...{ l1, clock, genesis, messages, slotMs: SLOT_MS },
    leaderAt: () => leader,
    spread: (from, bytes) => void wire.push({ from, bytes }),
  };
});

function lead(name: string): void {
  leader = name;
  l1.leader = name;
}

/** Everything that was said reaches everybody who is alive, in order. Returns whether all could take it. */
async function deliver(peers: readonly TestPeer[]): Promise<boolean> {
  let isTaken = true;
  for (const { from, bytes } of wire.splice(0)) {
    for (const peer of peers) {
      if (peer.isAlive && peer.name !== from) isTaken = (await peer.receive(bytes)) && isTaken;
    }
  }
  return isTaken;
}

async function round(...peers: readonly TestPeer[]): Promise<void> {
  expect(await loosely(...peers)).toBe(true);
}

/** As `round`, but where somebody is on another chain, what is said may be of no use. */
async function loosely(...peers: readonly TestPeer[]): Promise<boolean> {
  for (const peer of peers) if (peer.isAlive) await peer.turn();
  const isTaken = await deliver(peers);
  l1.mine();
  clock.advance(1000);
  return isTaken;
}

/** Users of `peers`: all of these hear of every transaction. */
function traffic(random: SeededRandom, ...peers: readonly TestPeer[]): Traffic {
  const alive = () => peers.filter(({ isAlive }) => isAlive);
  const someTook = async (submit: (peer: TestPeer) => Promise<unknown>): Promise<boolean> => {
    const took = await Promise.all(
      alive().map((peer) =>
        submit(peer).then(
          () => true,
          () => false,
        ),
      ),
    );
    return took.some((one) => one);
  };
  return new Traffic(random, {
    ...{ l1, clock, messages },
    account: (index) => alive()[0]?.sequencer.account(index),
    evmNonce: async (address) => {
      const peer = alive()[0]?.sequencer;
      // an address is one
      const key = address as `0x${string}`;
      const account = await peer?.lane.stateAt(peer.lane.head.stateRoot).account(key);
      return Number(peer?.evmPool.nextNonce(key, account?.nonce ?? 0n) ?? 0n);
    },
    submit: (tx) => someTook((peer) => peer.sequencer.submit(tx)),
    submitEvm: (raw) => someTook((peer) => peer.sequencer.submitEvm(raw)),
  });
}

async function expectSameChain(...peers: readonly TestPeer[]): Promise<void> {
  const [first, ...others] = peers;
  for (const other of others) {
    expect(other.store.head).toEqual(first?.store.head);
    for (let number = 1n; number <= other.store.head.block; number += 1n) {
      expect((await other.store.block(number))?.hash).toBe((await first?.store.block(number))?.hash);
    }
    expect(other.sequencer.ledger.closedTree.root).toBe(first?.sequencer.ledger.closedTree.root);
    expect(other.sequencer.lane.head.stateRoot).toEqual(first?.sequencer.lane.head.stateRoot);
    expect((await other.store.batch(other.store.head.closedBatch))?.commitment.c).toBe(
      (await first?.store.batch(first.store.head.closedBatch))?.commitment.c,
    );
  }
}

/** What L1 has re-executes from nothing, is what the peer has, and gives nobody money that did not come in. */
async function expectL1IsOurs(peer: TestPeer): Promise<void> {
  const tree = new AccountTree();
  const books = new Map<number, bigint>();
  const book = (token: number, amount: bigint) => books.set(token, (books.get(token) ?? 0n) + amount);
  for (const { batch, commitment } of l1.committed) {
    const { exits } = applyBatch(tree, batch, { signaturesChecked: true });
    expect((await peer.store.batch(batch.number))?.commitment.c).toBe(commitment.c);
    for (const { opcode, isVoid, token, amount } of batch.l1Ops) {
      if (!isVoid) book(token, opcode === L1Opcode.FORCED_EXIT ? -amount : amount);
    }
    for (const { token, amount } of exits) book(token, -amount);
  }
  for (const [, { token, balance }] of tree.entries()) book(token, -balance);
  expect([...books.values()].every((left) => left === 0n)).toBe(true);
}

describe('one leads, the other follows', () => {
  it.each([1])('to the same hashes, with everything people can want, seed %i', { timeout: 60_000 }, async (seed) => {
    onTestFailed(() => console.error(`seed ${seed}`));
    const [a, b] = [await TestPeer.start('a', world), await TestPeer.start('b', world)];
    const people = traffic(new SeededRandom(seed), a, b);
    const random = new SeededRandom(seed + 1000);
    await round(a, b);
    for (let i = 0; i < 60; i += 1) {
      for (let n = random.int(3); n >= 0; n -= 1) await people.any();
      await round(a, b);
    }
    expect(a.store.head.closedBatch).toBeGreaterThan(5);
    expect(b.store.head.block).toBeGreaterThan(20n);
    await expectSameChain(a, b);
    // What is in a block is in nobody's pool any more.
    expect(b.sequencer.mempool.size).toBe(a.sequencer.mempool.size);
    expect(b.sequencer.evmPool.status()).toEqual(a.sequencer.evmPool.status());
    expect(b.sequencer.publisher.state.proven).toBe(a.sequencer.publisher.state.proven);
    expect(l1.commits.every(({ from }) => from === 'a')).toBe(true);
    await expectL1IsOurs(b);
  });
});

/** Something that every node takes. */
async function pay(...peers: readonly TestPeer[]): Promise<void> {
  const nonce = peers[0]?.sequencer.mempool.nextNonce(accountIndex(3)) ?? 0;
  const tx = signed(ALICE, { signer: 3, nonce, ops: [transfer(3, 4, 1n)], validUntil: 2 ** 40 - 1 });
  for (const peer of peers) await peer.sequencer.submit(tx);
}

/** Rounds until everybody has an account. */
async function begin(...peers: readonly TestPeer[]): Promise<void> {
  while (peers.some(({ sequencer }) => sequencer.account(accountIndex(5)) === undefined)) await round(...peers);
}

/** Each catches up with L1, then with whoever leads. */
async function heal(leading: TestPeer, ...others: readonly TestPeer[]): Promise<void> {
  wire = [];
  for (const peer of [leading, ...others]) await peer.followL1();
  for (const other of others) await leading.extend(other);
  for (const other of others) await other.follow(leading);
}

describe('turns', () => {
  it('change with a closed batch; the next leader goes on from it and commits it', { timeout: 30_000 }, async () => {
    const [a, b] = [await TestPeer.start('a', world), await TestPeer.start('b', world)];
    await begin(a, b);
    await a.sequencer.closeBatch();
    await round(a, b);
    l1.isDown = true;
    await pay(a, b);
    await round(a, b);
    expect(a.store.head.open).toBeDefined();
    const { closedBatch } = a.store.head;
    lead('b');
    await round(a, b);
    expect(a.store.head).toMatchObject({ closedBatch: closedBatch + 1, open: undefined });
    expect(b.store.head).toEqual(a.store.head);
    l1.isDown = false;
    await pay(a, b);
    for (let i = 0; i < 12; i += 1) await round(a, b);
    await expectSameChain(a, b);
    expect(l1.commits[closedBatch]).toMatchObject({ from: 'b', closed: { batch: { number: closedBatch + 1 } } });
    expect(b.store.head.closedBatch).toBeGreaterThan(closedBatch + 1);
    expect(l1.committed).toHaveLength(b.store.head.closedBatch);
  });

  it('do not go on in a batch that another left open: it is closed as it is', { timeout: 30_000 }, async () => {
    const [a, b] = [await TestPeer.start('a', world), await TestPeer.start('b', world, { shapes: ['small'] })];
    await begin(a, b);
    await pay(a, b);
    await round(a, b);
    const { block, closedBatch } = a.store.head;
    a.kill();
    lead('b');
    for (let i = 0; i < 3; i += 1) {
      await pay(b);
      await round(b);
    }
    expect(await b.store.summary(closedBatch + 1)).toMatchObject({ lastBlock: block });
    expect((await b.store.block(block + 1n))?.batch).toBe(closedBatch + 2);
  });
});

describe('the leader dies', () => {
  it('another commits its batches; it comes back, gives up what nobody saw, and follows', {
    timeout: 30_000,
  }, async () => {
    const [a, b] = [await TestPeer.start('a', world), await TestPeer.start('b', world)];
    await begin(a, b);
    for (let i = 0; i < 3; i += 1) {
      await pay(a, b);
      await round(a, b);
    }
    await a.sequencer.closeBatch();
    await round(a, b);
    const closedByA = a.store.head.closedBatch;
    // Cut off, it goes on building, and nobody hears of it.
    for (let i = 0; i < 3; i += 1) {
      await pay(a);
      await a.turn();
      clock.advance(1000);
    }
    wire = [];
    const unseen = (await a.store.block(a.store.head.block))?.hash;
    expect(a.store.head.block).toBeGreaterThan(b.store.head.block);
    a.kill();
    lead('b');
    for (let i = 0; i < 8; i += 1) {
      await pay(b);
      await round(b);
    }
    expect(l1.commits.length).toBeGreaterThan(closedByA);
    expect(l1.commits.slice(closedByA).every(({ from }) => from === 'b')).toBe(true);
    await a.start();
    await heal(b, a);
    expect(a.rollbacks).toBeGreaterThan(0);
    await expectSameChain(b, a);
    expect(await a.store.blockByHash(unseen ?? 0n)).toBeUndefined();
    for (let i = 0; i < 8; i += 1) {
      await pay(a, b);
      await round(a, b);
    }
    await expectSameChain(a, b);
    await expectL1IsOurs(a);
    // Its turn comes again.
    lead('a');
    await pay(a, b);
    for (let i = 0; i < 6; i += 1) await round(a, b);
    await expectSameChain(a, b);
    expect(l1.commits.at(-1)?.from).toBe('a');
  });
});

const seeds = process.env.NETWORK_SEED === undefined ? [1, 2] : [Number(process.env.NETWORK_SEED)];

describe('anything may happen', () => {
  it.each(seeds)('and all end with one chain that is L1’s, seed %i', { timeout: 120_000 }, async (seed) => {
    onTestFailed(() => console.error(`NETWORK_SEED=${seed}`));
    const random = new SeededRandom(seed);
    const peers = [
      await TestPeer.start('a', world),
      await TestPeer.start('b', world),
      await TestPeer.start('c', world),
    ];
    const people = traffic(random, ...peers);
    const alive = () => peers.filter(({ isAlive }) => isAlive);
    for (let i = 0; i < 60; i += 1) {
      for (let n = random.int(3); n > 0; n -= 1) await people.any();
      if (random.oneIn(8)) lead(random.pick(['a', 'b', 'c']));
      if (random.oneIn(20) && alive().length > 1) random.pick(alive()).kill();
      for (const peer of peers) if (!peer.isAlive && random.oneIn(8)) await peer.start();
      if (random.oneIn(25)) l1.isDown = !l1.isDown;
      if (random.oneIn(15)) l1.reorg(1 + random.int(3), { areTxsForgotten: random.oneIn(2) });
      for (const peer of alive()) await peer.turn();
      // The wire loses, delays and repeats.
      const waiting = wire.splice(0);
      for (const said of waiting) {
        if (random.oneIn(10)) continue;
        if (random.oneIn(10)) wire.push(said);
        for (const peer of alive()) if (peer.name !== said.from && !random.oneIn(12)) await peer.receive(said.bytes);
      }
      if (random.oneIn(3)) for (const peer of alive()) await peer.followL1();
      if (random.oneIn(4)) {
        const leading = peers.find(({ name }) => name === leader);
        if (leading?.isAlive) for (const peer of alive()) if (peer !== leading) await peer.follow(leading);
      }
      if (!random.oneIn(3)) l1.mine();
      clock.advance(1000);
    }
    l1.isDown = false;
    lead('a');
    l1.mine(2);
    for (const peer of peers) if (!peer.isAlive) await peer.start();
    const [a] = peers;
    if (a === undefined) throw new Error('nobody');
    await heal(a, ...peers.slice(1));
    for (let i = 0; i < 20; i += 1) {
      await loosely(...peers);
      if (i % 5 === 4) await heal(a, ...peers.slice(1));
    }
    await a.sequencer.closeBatch();
    for (let i = 0; i < 3 * a.store.head.closedBatch + 20 && l1.proven < a.store.head.closedBatch; i += 1) {
      await loosely(...peers);
    }
    await heal(a, ...peers.slice(1));
    await expectSameChain(...peers);
    for (const peer of peers) await expectL1IsOurs(peer);
    expect(l1.proven).toBe(a.store.head.closedBatch);
    expect(a.store.head.closedBatch).toBeGreaterThan(1);
  });
});
