import { beforeEach, describe, expect, it } from 'vitest';
import { BridgeError } from '../../bridge/client/errors.ts';
import { BlockSignatures } from '../../chain/blockSignatures.ts';
import { silentLogger } from '../../chain/logger.ts';
import { FakeClock } from '../../chain/testing/fakeClock.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { encodeItem } from '../../chain/wire/codec.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { BlockIntake, type BlockIntakeDeps } from './blockIntake.ts';
import { TailSync } from './tailSync.ts';
import { block, FakeChain, GENESIS, proposer, SLOT_SECONDS, signedBlock, signedClose } from './testing/fakeChain.ts';
import { Turns } from './turns.ts';
import type { OnL1 } from './unsafeCheck.ts';

const [ANN, BEN, EVE] = [proposer(1), proposer(2), proposer(3)];
/** Of the slots of the times below. */
const T1 = 1_000_000_000;
const T2 = T1 + SLOT_SECONDS;
const T3 = T2 + SLOT_SECONDS;

let chain: FakeChain;
let clock: FakeClock;
let seat: Hex | undefined;
/** Leaders by slot. */
let leaders: Map<number, Hex>;
let onL1: () => OnL1;
let isForced: boolean;
let safeBlock: bigint;
let gaps: [bigint, string][];
let intake: BlockIntake;

beforeEach(() => {
  chain = new FakeChain();
  clock = new FakeClock();
  clock.advance(T3 * 1000 - clock.nowMs());
  seat = undefined;
  leaders = new Map([
    [slot(T1), ANN.address],
    [slot(T2), BEN.address],
    [slot(T3), ANN.address],
  ]);
  onL1 = () => 'yes';
  isForced = false;
  safeBlock = 0n;
  gaps = [];
  const leaderAt = (time: number): Hex | undefined => leaders.get(slot(time));
  const deps = {
    store: chain.store,
    chain,
    leadership: {
      isReady: true,
      get seat() {
        return seat;
      },
      slotAt: slot,
      leaderAt,
      mayPropose: (signer: Hex, time: number) => signer === seat || leaderAt(time) === signer,
      isProposer: (signer: Hex) => [...leaders.values(), seat].includes(signer),
    },
    signatures: new BlockSignatures({ db: memoryDb() }),
    unsafe: { check: async () => onL1(), leavesForced: async () => isForced },
    safeBlock: () => safeBlock,
    turns: new Turns(),
    clock,
    log: silentLogger,
    metrics: { imported: () => undefined, refused: () => undefined },
    onGap: (number: bigint, from: string) => gaps.push([number, from]),
  };
  // Of the chain only what blocks that link need.
  intake = new BlockIntake({}, deps as unknown as BlockIntakeDeps);
});

function slot(time: number): number {
  return Math.floor(time / SLOT_SECONDS);
}

const first = block(GENESIS, { hash: 10n, timestamp: T1 });
const second = block(first, { hash: 20n, timestamp: T2 });
const third = block(second, { hash: 30n, timestamp: T3 });

const hear = (item: Parameters<typeof encodeItem>[0]) => intake.onGossip(encodeItem(item), 'peer');

describe('a block', () => {
  it('of who leads its slot is taken in and passed on, once', async () => {
    expect(await hear(signedBlock(first, ANN.key))).toMatchObject({ outcome: 'accept' });
    expect(await hear(signedBlock(first, ANN.key))).toEqual({ outcome: 'ignore', reason: 'KNOWN' });
    expect(chain.head.block).toBe(1n);
  });

  it('of another validator is ignored, of a stranger rejected', async () => {
    expect(await hear(signedBlock(first, BEN.key))).toEqual({ outcome: 'ignore', reason: 'NOT_ITS_TURN' });
    expect(await hear(signedBlock(first, EVE.key))).toEqual({ outcome: 'reject', reason: 'WRONG_PROPOSER' });
  });

  it('of who held the seat until now may still be on its way', async () => {
    leaders.clear();
    leaders.set(slot(T3), BEN.address);
    seat = EVE.address;
    expect(await hear(signedBlock(first, EVE.key))).toMatchObject({ outcome: 'accept' });
    seat = undefined;
    expect(await hear(signedBlock(second, EVE.key))).toEqual({ outcome: 'ignore', reason: 'NOT_ITS_TURN' });
  });

  it('of anybody is no lie where nobody takes turns', async () => {
    leaders.clear();
    expect(await hear(signedBlock(first, EVE.key))).toEqual({ outcome: 'ignore', reason: 'NOT_ITS_TURN' });
  });

  it('without a signature, or with a damaged one, is rejected', async () => {
    const item = signedBlock(first, ANN.key);
    expect(await hear({ ...item, signature: new Uint8Array() })).toMatchObject({ reason: 'NO_SIGNATURE' });
    const damaged = Uint8Array.from(item.signature);
    damaged[64] = 99;
    expect(await hear({ ...item, signature: damaged })).toEqual({ outcome: 'reject', reason: 'BAD_SIGNATURE' });
    expect(await intake.onGossip(Uint8Array.of(1, 2, 3), 'peer')).toEqual({ outcome: 'reject', reason: 'BAD_WIRE' });
  });

  it('of the future waits for nobody', async () => {
    const time = T3 + 16;
    leaders.set(slot(time), ANN.address);
    const early = block(GENESIS, { hash: 9n, timestamp: time });
    expect(await hear(signedBlock(early, ANN.key))).toEqual({ outcome: 'ignore', reason: 'FROM_THE_FUTURE' });
  });

  it('that comes before its parent waits for it', async () => {
    expect(await hear(signedBlock(second, BEN.key))).toEqual({ outcome: 'ignore', reason: 'AHEAD' });
    expect(gaps).toEqual([[2n, 'peer']]);
    await hear(signedBlock(first, ANN.key));
    await intake.retry();
    expect(chain.head.block).toBe(2n);
  });

  it('that names a queue item out of turn makes nobody ask L1', async () => {
    onL1 = () => {
      throw new Error('asked');
    };
    const strange = block(GENESIS, { hash: 9n, timestamp: T1, firstQueueIndex: 5n });
    expect(await hear(signedBlock(strange, ANN.key))).toEqual({ outcome: 'reject', reason: 'BLOCK_INVALID' });
  });

  it('that waited is looked at again later if L1 does not answer, and fails nothing', async () => {
    await hear(signedBlock(second, BEN.key));
    let asked = 0;
    onL1 = () => {
      asked += 1;
      if (asked > 1) throw new BridgeError('L1_UNREACHABLE', {});
      return 'yes';
    };
    expect(await hear(signedBlock(first, ANN.key))).toMatchObject({ outcome: 'accept' });
    await expect(intake.retry()).resolves.toBeUndefined();
    expect(chain.head.block).toBe(1n);
  });

  it('waits for what L1 does not have yet, and is ignored if L1 has something else', async () => {
    onL1 = () => 'notYet';
    expect(await hear(signedBlock(first, ANN.key))).toEqual({ outcome: 'ignore', reason: 'AHEAD_OF_L1' });
    onL1 = () => 'yes';
    await intake.retry();
    expect(chain.head.block).toBe(1n);
    onL1 = () => 'no';
    expect(await hear(signedBlock(second, BEN.key))).toEqual({ outcome: 'ignore', reason: 'NOT_ON_L1' });
  });
});

describe('two blocks for one place', () => {
  const other = block(GENESIS, { hash: 11n, timestamp: T2 });

  beforeEach(async () => {
    await hear(signedBlock(first, ANN.key));
  });

  it('the one of the later slot wins', async () => {
    expect(await hear(signedBlock(other, BEN.key))).toMatchObject({ outcome: 'accept' });
    expect(chain.head.hash).toBe(11n);
    expect(await hear(signedBlock(first, ANN.key))).toEqual({ outcome: 'ignore', reason: 'OTHER_BRANCH' });
  });

  it('within one slot it is the one heard first', async () => {
    const twin = block(GENESIS, { hash: 12n, timestamp: T1 + 1 });
    expect(await hear(signedBlock(twin, ANN.key))).toEqual({ outcome: 'ignore', reason: 'OTHER_BRANCH' });
  });

  it('nothing that L1 has is given up', async () => {
    safeBlock = 1n;
    expect(await hear(signedBlock(other, BEN.key))).toEqual({ outcome: 'ignore', reason: 'OTHER_BRANCH' });
    expect(chain.rollbacks).toEqual([]);
  });

  it.each<OnL1>(['no', 'notYet'])(
    'nothing is given up for one with items that L1 does not have: %s',
    async (answer) => {
      onL1 = () => answer;
      expect(await hear(signedBlock(other, BEN.key))).toMatchObject({ outcome: 'ignore' });
      expect(chain.rollbacks).toEqual([]);
    },
  );

  it('a leader whose block breaks a rule makes nodes give up theirs only once', async () => {
    chain.invalid.add(11n).add(13n);
    expect(await hear(signedBlock(other, BEN.key))).toEqual({ outcome: 'reject', reason: 'BLOCK_INVALID' });
    expect(gaps).toEqual([[1n, '']]);
    await hear(signedBlock(first, ANN.key));
    const again = block(GENESIS, { hash: 13n, timestamp: T2 });
    expect(await hear(signedBlock(again, BEN.key))).toEqual({ outcome: 'ignore', reason: 'OTHER_BRANCH' });
    expect(chain.rollbacks).toEqual([0n]);
    // It still counts where nothing is in the way.
    expect(await hear(signedBlock(second, BEN.key))).toMatchObject({ outcome: 'accept' });
  });
});

describe('a close', () => {
  const close = { number: 1, lastBlock: 1n, shape: 'small', c: 5n, evmCommitment: 6n } as Parameters<
    typeof signedClose
  >[0];

  it('waits for its last block, and is taken once', async () => {
    expect(await hear(signedClose(close, ANN.key))).toEqual({ outcome: 'ignore', reason: 'AHEAD' });
    await hear(signedBlock(first, ANN.key));
    await intake.retry();
    expect(chain.closedBatch).toBe(1);
    expect(await hear(signedClose(close, ANN.key))).toEqual({ outcome: 'ignore', reason: 'KNOWN' });
  });

  it('that leaves behind a message which the batch must take is not taken', async () => {
    isForced = true;
    await hear(signedBlock(first, ANN.key));
    expect(await hear(signedClose(close, ANN.key))).toEqual({ outcome: 'ignore', reason: 'LEAVES_MESSAGES' });
    expect(chain.closedBatch).toBe(0);
  });

  it('that ends the batch elsewhere is of another branch', async () => {
    await hear(signedBlock(first, ANN.key));
    await hear(signedBlock(second, BEN.key));
    expect(await hear(signedClose(close, ANN.key))).toEqual({ outcome: 'ignore', reason: 'OTHER_BRANCH' });
  });
});

describe('fetching what was missed', () => {
  let served: Parameters<typeof encodeItem>[0][];
  let asked: bigint[];
  let blamed: string[];
  let fruitless: string[];
  let tail: TailSync;

  beforeEach(() => {
    served = [];
    asked = [];
    blamed = [];
    fruitless = [];
    const peers = {
      beyond: () => ['peer'],
      async *blocks(_: string, from: bigint) {
        asked.push(from);
        for (const item of served) if (item.kind === 'block' && item.block.number >= from) yield item;
      },
      lied: (_: string, reason: string) => blamed.push(reason),
      fruitless: (peer: string) => fruitless.push(peer),
      fruitful: () => undefined,
    };
    const deps = { store: chain.store, peers, intake, safeBlock: () => safeBlock, log: silentLogger };
    // Of the book of peers only what is asked of it.
    tail = new TailSync(deps as unknown as ConstructorParameters<typeof TailSync>[0]);
  });

  const fetched = async (): Promise<void> => {
    tail.begin();
    await tail.settled();
  };

  it('goes on from the head', async () => {
    await hear(signedBlock(first, ANN.key));
    served = [signedBlock(first, ANN.key), signedBlock(second, BEN.key), signedBlock(third, ANN.key)];
    await fetched();
    expect(chain.head.hash).toBe(30n);
    expect([blamed, fruitless]).toEqual([[], []]);
  });

  it('finds where a branch of a later slot parts from ours, two blocks deep', async () => {
    const [a, b] = [
      block(first, { hash: 21n, timestamp: T1 + 1 }),
      block({ number: 2n, hash: 21n }, { hash: 31n, timestamp: T1 + 2 }),
    ];
    for (const one of [first, a, b]) await hear(signedBlock(one, ANN.key));
    expect(chain.head.hash).toBe(31n);
    const fourth = block(third, { hash: 40n, timestamp: T3 });
    expect(await hear(signedBlock(fourth, ANN.key))).toEqual({ outcome: 'ignore', reason: 'OTHER_PARENT' });
    expect(gaps.at(-1)).toEqual([4n, 'peer']);
    served = [first, second, third, fourth].map((one) => signedBlock(one, one === second ? BEN.key : ANN.key));
    await fetched();
    expect(chain.head.hash).toBe(40n);
    expect(asked.slice(0, 2)).toEqual([3n, 1n]);
  });

  it('ends where no slot decides, and blames nobody', async () => {
    await hear(signedBlock(first, ANN.key));
    const twin = block(GENESIS, { hash: 12n, timestamp: T1 + 1 });
    served = [signedBlock(twin, ANN.key), signedBlock(block(twin, { hash: 22n, timestamp: T2 }), BEN.key)];
    await fetched();
    expect(chain.head.hash).toBe(10n);
    expect([blamed, fruitless]).toEqual([[], ['peer']]);
  });

  it('a block of who led before anything is known is no lie, an invalid one is', async () => {
    served = [signedBlock(first, EVE.key)];
    await fetched();
    expect(blamed).toEqual([]);
    chain.invalid.add(10n);
    served = [signedBlock(first, ANN.key)];
    await fetched();
    expect(blamed).toEqual(['BLOCK_INVALID']);
  });
});
