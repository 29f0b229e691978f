/**
 * Sequencers that follow each other and L1, in one process: turns change, blocks get lost, nodes die, L1 is reorganised. `NETWORK_SEED=n`
 * repeats a history.
 */
import { beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { testGenesis } from '../chain/derive/testing/testSequencer.ts';
import type { FakeClock } from '../chain/testing/fakeClock.ts';
import type { GenesisState } from '../genesis/spec.ts';
import { applyBatch } from '../protocol/applyBatch.ts';
import type { L1Message } from '../protocol/lane/types.ts';
import { SeededRandom } from '../protocol/testing/random.ts';
import { AccountTree } from '../protocol/tree.ts';
import { FakeL1 } from './testing/fakeL1.ts';
import { testClock } from './testing/life.ts';
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

/** Everything that was said reaches everybody who is alive, in order. */
async function deliver(peers: readonly TestPeer[]): Promise<void> {
  for (const { from, bytes } of wire.splice(0)) {
    for (const peer of peers) if (peer.isAlive && peer.name !== from) expect(await peer.receive(bytes)).toBe(true);
  }
}

async function round(...peers: readonly TestPeer[]): Promise<void> {
  for (const peer of peers) if (peer.isAlive) await peer.turn();
  await deliver(peers);
  l1.mine();
  clock.advance(1000);
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

/** What L1 has re-executes from nothing, and is what the peer has. */
async function expectL1IsOurs(peer: TestPeer): Promise<void> {
  const tree = new AccountTree();
  for (const { batch, commitment } of l1.committed) {
    applyBatch(tree, batch, { signaturesChecked: true });
    expect((await peer.store.batch(batch.number))?.commitment.c).toBe(commitment.c);
  }
}

describe('one leads, the other follows', () => {
  it.each([1, 2])('to the same hashes, with everything people can want, seed %i', { timeout: 60_000 }, async (seed) => {
    onTestFailed(() => console.error(`seed ${seed}`));
    const [a, b] = [await TestPeer.start('a', world), await TestPeer.start('b', world)];
    const people = traffic(new SeededRandom(seed), a, b);
    const random = new SeededRandom(seed + 1000);
    await round(a, b);
    for (let i = 0; i < 80; i += 1) {
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
