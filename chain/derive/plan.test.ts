import { describe, expect, it } from 'vitest';
import { bodyOf } from '../../protocol/codec/body.ts';
import { headerOf } from '../../protocol/codec/header.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { FORCE_SECONDS } from '../../protocol/lane/constants.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import { closedBatches } from '../../protocol/testing/exampleBatches.ts';
import type { EvmDataBlock } from '../evm/evmData.ts';
import { fallbackPlan, type PlanContext, planOf } from './plan.ts';

/** Eight L1 operations; three transactions of 3, 1 and 1 ops; one fee lane. */
const { batch, exits } = closedBatches().first;
const BODY = bodyOf(batch, exits);
const TIME = batch.timestamp;
const FEES = `0x${'fe'.repeat(20)}` as const;
const DRIFT = 900;

function header(blocks: number, change: object = {}): PlanContext['header'] {
  return { ...headerOf(batch, exits.length), firstBlock: 5n, lastBlock: 4n + BigInt(blocks), ...change };
}

/** Messages that were queued at these moments. */
function messages(...times: number[]): L1Message[] {
  return times.map((l1Timestamp, i) => {
    return { kind: 'token', index: BigInt(i), l1Timestamp, token: 1, name: '', symbol: '', decimals: 18 };
  });
}

function context(blocks: number, change: Partial<PlanContext> = {}): PlanContext {
  return {
    header: header(blocks),
    body: BODY,
    parentTimestamp: TIME - 1,
    messages: [],
    committedAt: TIME + 60,
    maxDriftSeconds: DRIFT,
    ...change,
  };
}

function block(change: Partial<EvmDataBlock> = {}): EvmDataBlock {
  return { timestampDelta: 0, l1Count: 0, opCount: 0, laneCount: 1, inboxCount: 0, txs: [], ...change };
}

const ALL = { l1Count: 8, opCount: 5 };
/** A sound division of the ledger part over three blocks. */
const THREE = [
  block({ l1Count: 7, laneCount: 0 }),
  block({ l1Count: 1, opCount: 3, timestampDelta: 2 }),
  block({ opCount: 2, timestampDelta: 1 }),
];

function judge(blocks: readonly EvmDataBlock[], change: Partial<PlanContext> = {}) {
  const found = planOf({ beneficiary: FEES, blocks }, context(blocks.length, change));
  return typeof found === 'string' ? found : 'valid';
}

describe('posted data that count', () => {
  it('say what each block is made of', () => {
    const tx = new Uint8Array(12);
    const blocks = [
      { ...THREE[0], inboxCount: 2 },
      { ...THREE[1], txs: [tx] },
      { ...THREE[2], inboxCount: 1 },
    ] as EvmDataBlock[];
    const waiting = messages(TIME - 9, TIME - 8, TIME - 7, TIME - 6);
    const plan = planOf({ beneficiary: FEES, blocks }, context(3, { messages: waiting }));
    if (typeof plan === 'string') throw new RangeError(plan);
    expect(plan.beneficiary).toBe(FEES);
    expect(plan.blocks.map(({ timestamp }) => timestamp - TIME)).toEqual([0, 2, 3]);
    expect(plan.blocks.map(({ ledger }) => [ledger.l1Ops.length, ledger.txOps.length])).toEqual([
      [7, 0],
      [1, 1],
      [0, 2],
    ]);
    expect(plan.blocks.map(({ feeAccounts }) => feeAccounts)).toEqual([[], [9], [9]]);
    expect(plan.blocks.flatMap(({ l1Messages }) => l1Messages)).toEqual(waiting.slice(0, 3));
    expect(plan.blocks[1]?.txs).toEqual([tx]);
  });

  it('may be at each limit', () => {
    expect(judge([block(ALL)], { parentTimestamp: TIME })).toBe('valid');
    expect(judge([block({ l1Count: 8 }), block({ opCount: 5, timestampDelta: 60 + DRIFT })])).toBe('valid');
    const late = messages(TIME - FORCE_SECONDS, TIME - FORCE_SECONDS + 1, TIME + 60);
    expect(judge([block({ ...ALL, inboxCount: 1 })], { messages: late })).toBe('valid');
    expect(judge([block({ ...ALL, inboxCount: 3 })], { messages: late })).toBe('valid');
  });

  it('name the lanes of a header with gaps, in its places', () => {
    const feeAccounts = [0, 0, 9, 0].map(accountIndex) as unknown as typeof batch.feeAccounts; // four, as they were
    const change = { header: header(1, { feeAccounts }) };
    expect(judge([block(ALL)], change)).toBe('fee lanes');
    expect(judge([block({ ...ALL, laneCount: 3 })], change)).toBe('valid');
  });
});

describe('posted data that do not count', () => {
  const future = [block({ l1Count: 8 }), block({ opCount: 5, timestampDelta: 61 + DRIFT })];
  it.each<[string, string, EvmDataBlock[], Partial<PlanContext>]>([
    ['a block too few', 'number of blocks', [block(ALL)], { header: header(2) }],
    ['a block too many', 'number of blocks', [block(ALL), block()], { header: header(1) }],
    ['no block', 'number of blocks', [], { header: header(1) }],
    ['a batch that begins later than it says', 'delta of the first block', [block({ ...ALL, timestampDelta: 1 })], {}],
    ['a batch before its parent', 'timestamp before the parent', [block(ALL)], { parentTimestamp: TIME + 1 }],
    ['a block of tomorrow', 'timestamp in the future', future, {}],
    ['an L1 operation that is not there', 'counts of the ledger part', [block({ ...ALL, l1Count: 9 })], {}],
    ['an op that is in no block', 'counts of the ledger part', [block({ ...ALL, opCount: 4 })], {}],
    [
      'a block that ends inside a transaction',
      'counts of the ledger part',
      [block({ l1Count: 8, opCount: 2 }), block({ opCount: 3 })],
      {},
    ],
    [
      'an L1 operation after an op',
      'counts of the ledger part',
      [block({ l1Count: 7, opCount: 5 }), block({ l1Count: 1 })],
      {},
    ],
    ['lanes that shrink', 'fee lanes', [block(ALL), block({ laneCount: 0 })], {}],
    ['a lane that the header does not have', 'fee lanes', [block({ ...ALL, laneCount: 2 })], {}],
    ['a lane of the header that no block names', 'fee lanes', [block({ ...ALL, laneCount: 0 })], {}],
    ['a message that nobody sent', 'messages that do not exist', [block({ ...ALL, inboxCount: 1 })], {}],
    [
      'a message of a later L1 block',
      'messages that do not exist',
      [block({ ...ALL, inboxCount: 1 })],
      { messages: messages(TIME + 61) },
    ],
    [
      'a message left for more than 12 hours',
      'messages left out',
      [block({ ...ALL, inboxCount: 1 })],
      { messages: messages(TIME - FORCE_SECONDS - 5, TIME - FORCE_SECONDS) },
    ],
  ])('%s', (_, fault, blocks, change) => {
    expect(judge(blocks, change)).toBe(fault);
  });
});

describe('what stands in for them', () => {
  it('has the whole ledger part in the last block, nobody’s fees and one time', () => {
    const { beneficiary, blocks } = fallbackPlan(context(3, { parentTimestamp: TIME + 7 }));
    expect(beneficiary).toBe(`0x${'00'.repeat(20)}`);
    expect(blocks.map(({ timestamp }) => timestamp - TIME)).toEqual([7, 7, 7]);
    expect(blocks.map(({ ledger }) => ledger.txOps.length)).toEqual([0, 0, 3]);
    expect(blocks.map(({ feeAccounts }) => feeAccounts.length)).toEqual([0, 0, 1]);
    expect(blocks.flatMap(({ txs }) => txs)).toEqual([]);
    expect(fallbackPlan(context(1)).blocks[0]?.timestamp).toBe(TIME);
  });

  it('takes 16 of the forced messages a block, and no others', () => {
    const due = Array.from({ length: 40 }, () => TIME - FORCE_SECONDS);
    const waiting = messages(...due, TIME - FORCE_SECONDS + 1);
    const taken = (count: number) => fallbackPlan(context(count, { messages: waiting })).blocks;
    expect(taken(4).map(({ l1Messages }) => l1Messages.length)).toEqual([16, 16, 8, 0]);
    expect(taken(4).flatMap(({ l1Messages }) => l1Messages)).toEqual(waiting.slice(0, 40));
    expect(taken(2).map(({ l1Messages }) => l1Messages.length)).toEqual([16, 16]);
  });

  it('holds for the most blocks a batch can have', () => {
    expect(fallbackPlan(context(65_536)).blocks).toHaveLength(65_536);
  });
});
