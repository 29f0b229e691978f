import { beforeEach, describe, expect, it } from 'vitest';
import type { PostedBatch } from '../../bridge/client/types.ts';
import { ChainError } from '../../chain/errors.ts';
import { silentLogger } from '../../chain/logger.ts';
import { FakeClock } from '../../chain/testing/fakeClock.ts';
import { encodeItem } from '../../chain/wire/codec.ts';
import type { WireBlock } from '../../chain/wire/types.ts';
import { NetworkError } from '../p2p/errors.ts';
import { type CompletionDeps, completeBatch } from './completeBatch.ts';
import { PeerBatches } from './peerBatches.ts';
import { PeerBook, type PeerBookDeps } from './peerBook.ts';
import { encodeStatus } from './peerStatus.ts';
import { block, FakeChain, GENESIS } from './testing/fakeChain.ts';

const TIME = 1_000_000;
/** L1's batch 1: blocks 1 to 3. */
const first = block(GENESIS, { hash: 10n, timestamp: TIME });
const second = block(first, { hash: 20n, timestamp: TIME });
const third = block(second, { hash: 30n, timestamp: TIME });
const TRUE = [first, second, third];
/** Another branch from block 2 on. */
const wrongSecond = block(first, { hash: 21n, timestamp: TIME });
const wrongThird = block(wrongSecond, { hash: 31n, timestamp: TIME });
const WRONG = [first, wrongSecond, wrongThird];

// Of what is posted only what is looked at; its C stands for the last block.
const POSTED = {
  ...{ number: 1, shape: 'small', header: { firstBlock: 1n, lastBlock: 3n, evmCommitment: 5n } },
  ...{ stored: { c: 30n }, evmData: new Uint8Array() },
} as unknown as PostedBatch;

type Answer = readonly (WireBlock | Error)[];

let chain: FakeChain;
let answers: Map<string, Answer>;
let faults: string[];
let asked: string[];
let clock: FakeClock;
let book: PeerBook;

beforeEach(async () => {
  chain = new FakeChain();
  answers = new Map();
  faults = [];
  asked = [];
  clock = new FakeClock();
});

async function complete(): Promise<void> {
  const status = encodeStatus({
    ...{ genesisHash: `0x${'00'.repeat(32)}`, head: 3n, headHash: `0x${'00'.repeat(32)}` },
    ...{ closedBatch: 1, committed: 1, proven: 0, snapshotBatch: 0 },
  });
  const network = {
    peers: () => [...answers.keys()].map((id) => ({ id, score: 0 })),
    status: async () => status,
    async *batch(peer: string) {
      asked.push(peer);
      for (const one of answers.get(peer) ?? []) {
        if (one instanceof Error) throw one;
        yield encodeItem({ kind: 'block', block: one, signature: new Uint8Array() });
      }
    },
    report: (peer: string, fault: string) => faults.push(`${peer} ${fault}`),
    events: { on: () => undefined },
  };
  // Of the network only what the book asks.
  book = new PeerBook({ network, clock, log: silentLogger } as unknown as PeerBookDeps);
  await book.refresh(`0x${'00'.repeat(32)}`);
  const importClose = async ({ c }: { c: bigint }): Promise<void> => {
    if (chain.head.hash !== c) throw new ChainError('CLOSE_MISMATCH', {});
    chain.closedBatch = 1;
  };
  const importing = { importBlock: (one: WireBlock) => chain.importBlock(one) };
  const deps = {
    ...{ store: chain.store, chain: { importClose }, log: silentLogger, metrics: { imported: () => undefined } },
    // The same, of the chain.
    peers: new PeerBatches({ peers: book, chain: importing } as unknown as ConstructorParameters<
      typeof PeerBatches
    >[0]),
    rollback: (toBlock: bigint) => chain.rollback(toBlock),
  };
  await completeBatch(POSTED, deps as unknown as CompletionDeps);
}

const hashes = (): bigint[] => chain.blocks.map(({ hash }) => hash);

describe('a committed batch', () => {
  it('is complete here without anybody’s help', async () => {
    chain.blocks = [...TRUE];
    answers.set('a', TRUE);
    await complete();
    expect([chain.closedBatch, asked]).toEqual([1, []]);
  });

  it('comes from a peer, on top of what is here', async () => {
    chain.blocks = [first];
    answers.set('a', TRUE);
    await complete();
    expect([chain.closedBatch, hashes(), chain.rollbacks]).toEqual([1, [10n, 20n, 30n], []]);
  });

  it('comes from an honest peer to a node on another branch, and nobody is blamed', async () => {
    chain.blocks = [first, wrongSecond];
    answers.set('a', TRUE);
    await complete();
    expect([chain.closedBatch, hashes(), faults]).toEqual([1, [10n, 20n, 30n], []]);
  });

  it('comes from a peer also where this node has as many blocks of another branch, or more', async () => {
    chain.blocks = [...WRONG, block(wrongThird, { hash: 41n, timestamp: TIME })];
    answers.set('a', TRUE);
    await complete();
    expect([chain.closedBatch, hashes(), faults]).toEqual([1, [10n, 20n, 30n], []]);
  });

  it('comes from the second peer if the first has another branch, or only the beginning of one', async () => {
    answers.set('a', WRONG);
    answers.set('b', [first, wrongSecond]);
    answers.set('c', TRUE);
    await complete();
    expect([chain.closedBatch, hashes(), faults]).toEqual([1, [10n, 20n, 30n], []]);
  });

  it('comes from the second peer if the first breaks off: it does not hold the others up', async () => {
    answers.set('a', [first, new NetworkError('UNREACHABLE', {})]);
    answers.set('b', TRUE);
    await complete();
    expect([chain.closedBatch, faults]).toEqual([1, []]);
    expect(book.having(1)).toEqual(['b']);
  });

  it('a block that breaks a rule is its sender’s fault', async () => {
    chain.invalid.add(21n);
    answers.set('a', WRONG);
    answers.set('b', TRUE);
    await complete();
    expect([chain.closedBatch, faults]).toEqual([1, ['a invalid']]);
  });

  it('that nobody has stays incomplete', async () => {
    answers.set('a', []);
    await complete();
    expect(chain.closedBatch).toBe(0);
  });
});

describe('who speaks of more than it brings', () => {
  it('is not asked for a while, longer each time, and does not make the node seem behind', async () => {
    answers.set('a', []);
    await complete();
    expect([book.having(1), book.bestHead]).toEqual([[], 0n]);
    clock.advance(30_000);
    expect([book.having(1), book.bestHead]).toEqual([['a'], 3n]);
    book.fruitless('a');
    clock.advance(30_000);
    expect(book.having(1)).toEqual([]);
    book.fruitful('a');
    expect(book.having(1)).toEqual(['a']);
  });
});
