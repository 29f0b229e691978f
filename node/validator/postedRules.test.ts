import { beforeAll, describe, expect, it } from 'vitest';
import type { PostedBatch } from '../../bridge/client/types.ts';
import { deposit, tokenMessages } from '../../chain/derive/testing/story.ts';
import { DRIFT, type TestBatch, TestSequencer, testGenesis } from '../../chain/derive/testing/testSequencer.ts';
import { FORCE_SECONDS } from '../../protocol/lane/constants.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import { TEST_DOMAIN, TEST_TIME } from '../../protocol/testing/actors.ts';
import { PostedRules, type PostedRulesDeps } from './postedRules.ts';

/** L1 has these, and the batch took the first three. */
const MESSAGES: L1Message[] = [deposit(0), ...tokenMessages(1)];
const COMMIT_BLOCK = 50n;
/** Late enough for all of them to have to be taken. */
const TIME = TEST_TIME + FORCE_SECONDS;

let genesis: TestSequencer['lane']['genesis'];
let batch: TestBatch;
beforeAll(async () => {
  const sequencer = await TestSequencer.open(await testGenesis());
  genesis = sequencer.lane.genesis;
  batch = await sequencer.batch([{ messages: MESSAGES }, { delta: 1 }], { timestamp: TIME });
}, 120_000);

/** As L1 gives it. */
function posted(change: { committedAt?: number } = {}): PostedBatch {
  const { header, body, evmData, committedAt } = { ...batch.posted, ...change };
  const { number, shape, oldRoot } = header;
  const stored = { committedAt };
  // as much as is looked at
  return {
    number,
    shape,
    header,
    oldRoot,
    body,
    evmData,
    stored,
    l1: { blockNumber: COMMIT_BLOCK },
  } as unknown as PostedBatch;
}

/** Our blocks are the batch's. `late`: messages of L1 blocks after the commit. */
function rules(onL1: readonly L1Message[], late: readonly L1Message[] = []): PostedRules {
  const store = {
    base: undefined,
    header: async (number: bigint) => (number === 0n ? genesis : batch.executed[Number(number) - 1]?.header),
    evmBlock: async (number: bigint) => {
      const executed = batch.executed[Number(number) - 1];
      return executed && { messages: messagesOf(executed), inboxCount: 3n };
    },
  } as unknown as PostedRulesDeps['store']; // what is looked at
  const all = [...onL1, ...late];
  const lane: PostedRulesDeps['lane'] = {
    messageCount: async () => BigInt(all.length),
    messages: async (from, to, { toBlock = 1_000n } = {}) =>
      (toBlock <= COMMIT_BLOCK ? onL1 : all).filter(({ index }) => index >= from && index < to),
  };
  return new PostedRules({ domain: TEST_DOMAIN, maxDriftSeconds: DRIFT }, { store, lane });
}

/** The story has them all in its first block. */
function messagesOf(executed: TestBatch['executed'][number]): readonly L1Message[] {
  return executed === batch.executed[0] ? MESSAGES : [];
}

describe('posted data that are our own', () => {
  it('count if they keep the rules', async () => {
    expect(await rules(MESSAGES).hold(posted())).toBe(true);
  });

  it.each<[string, () => Promise<boolean>]>([
    ['were posted before their time', () => rules(MESSAGES).hold(posted({ committedAt: TIME - DRIFT }))],
    ['name messages that L1 did not have then', () => rules(MESSAGES.slice(0, 2), MESSAGES.slice(2)).hold(posted())],
    ['name other messages than L1 has', () => rules([deposit(0, { amount: 5n }), ...MESSAGES.slice(1)]).hold(posted())],
    ['leave out a message whose time had come', () => rules([...MESSAGES, deposit(3)]).hold(posted())],
  ])('do not count if they %s', async (_, hold) => {
    expect(await hold()).toBe(false);
  });

  it('need not take messages that came later', async () => {
    const early = deposit(3);
    expect(await rules(MESSAGES, [early]).hold(posted())).toBe(true);
    expect(await rules([...MESSAGES, deposit(3, { l1Timestamp: TIME })]).hold(posted())).toBe(true);
  });
});
