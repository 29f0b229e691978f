import { beforeEach, describe, expect, it } from 'vitest';
import { BridgeError } from '../../bridge/client/errors.ts';
import { FORCE_SECONDS } from '../../protocol/lane/constants.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import type { AccountIndex, Field, L1Op, QueueItem } from '../../protocol/types.ts';
import { UnsafeCheck, type UnsafeCheckDeps } from './unsafeCheck.ts';

const TIME = 1_000_000;

const message = (index: bigint, amount = 1n): L1Message => ({
  ...{ kind: 'deposit', index, l1Timestamp: TIME, token: 0, amount, gasLimit: 1n },
  ...{ sender: `0x${'a1'.repeat(20)}`, to: `0x${'b2'.repeat(20)}`, data: '0x', refundTo: `0x${'c3'.repeat(20)}` },
});
const item = (amount: bigint): QueueItem => ({ opcode: 2, index: 1 as AccountIndex, token: 0, amount, address: 9n });
const op = (amount: bigint): L1Op => ({
  ...{ opcode: 2, isVoid: false, index: 1 as AccountIndex, token: 0, amount },
  ...{ x: 0n as Field, y: 0n as Field, address: 9n },
});

interface FakeBlock {
  readonly ops?: readonly L1Op[];
  readonly messages?: readonly L1Message[];
}

/** What L1 has, and what blocks took of it. */
let queue: QueueItem[];
let messages: L1Message[];
let blocks: FakeBlock[];
let check: UnsafeCheck;
/** L1 changes between two questions. */
let isGone: boolean;

beforeEach(() => {
  [queue, messages, blocks, isGone] = [[], [], [], false];
  const count = (to: number, of: (block: FakeBlock) => number): number =>
    blocks.slice(0, to).reduce((sum, block) => sum + of(block), 0);
  const ops = (block: FakeBlock): number => block.ops?.length ?? 0;
  const taken = (block: FakeBlock): number => block.messages?.length ?? 0;
  const deps = {
    store: {
      get head() {
        const { length } = blocks;
        return {
          block: BigInt(length),
          nextQueueIndex: BigInt(count(length, ops)),
          inboxCount: BigInt(count(length, taken)),
        };
      },
      block: async (number: bigint) => {
        const at = Number(number);
        const block = blocks[at - 1];
        if (block === undefined) return undefined;
        return {
          l1: { firstQueueIndex: BigInt(count(at - 1, ops)), ops: block.ops ?? [] },
          evm: { messages: block.messages ?? [], inboxCount: BigInt(count(at, taken)) },
        };
      },
    },
    rollup: {
      state: async () => ({ queueTail: BigInt(queue.length) }),
      readQueue: async (from: bigint, to: bigint) =>
        queue.slice(Number(from), Number(to)).map((one, i) => ({ queueIndex: from + BigInt(i), item: one })),
    },
    lane: {
      messageCount: async () => BigInt(messages.length),
      messages: async (from: bigint, to: bigint) => {
        if (isGone) throw new BridgeError('UNKNOWN_MESSAGE', {});
        return messages.slice(Number(from), Number(to));
      },
    },
  };
  // Of the chain and of L1 only what is asked here.
  check = new UnsafeCheck(deps as unknown as UnsafeCheckDeps);
});

describe('what a block says it took from L1', () => {
  const claims = (l1Ops: readonly L1Op[], l1Messages: readonly L1Message[] = []) =>
    check.check({ l1: { firstQueueIndex: 0n, ops: l1Ops }, l1Messages, firstMessage: 0n });

  it('is there, is not there yet, or is something else', async () => {
    queue = [item(5n)];
    messages = [message(0n)];
    expect(await claims([op(5n)], [message(0n)])).toBe('yes');
    expect(await claims([])).toBe('yes');
    expect(await claims([op(5n), op(6n)])).toBe('notYet');
    expect(await claims([op(6n)])).toBe('no');
    expect(await claims([], [message(0n), message(1n)])).toBe('notYet');
    expect(await claims([], [message(0n, 2n)])).toBe('no');
  });

  it('is not there yet if L1 changes between two questions', async () => {
    messages = [message(0n)];
    isGone = true;
    expect(await claims([], [message(0n)])).toBe('notYet');
  });
});

describe('unsafe blocks after a reorg', () => {
  beforeEach(() => {
    queue = [item(1n), item(2n), item(3n)];
    messages = [message(0n), message(1n)];
    blocks = [{ ops: [op(1n)], messages: [message(0n)] }, {}, { ops: [op(2n), op(3n)] }, { messages: [message(1n)] }];
  });

  it('stand while L1 has all they took', async () => {
    expect(await check.firstConflict(0n, 0n)).toBeUndefined();
  });

  it('end before the first that took an item which is gone or another one', async () => {
    queue = [item(1n), item(2n)];
    expect(await check.firstConflict(0n, 0n)).toBe(3n);
    queue = [item(7n), item(2n), item(3n)];
    expect(await check.firstConflict(0n, 0n)).toBe(1n);
    // of a committed batch: L1 itself has compared it
    expect(await check.firstConflict(1n, 0n)).toBeUndefined();
  });

  it('end before the first that took a message which is gone or another one', async () => {
    messages = [message(0n)];
    expect(await check.firstConflict(0n, 0n)).toBe(4n);
    messages = [message(0n, 9n), message(1n)];
    expect(await check.firstConflict(0n, 0n)).toBe(1n);
    expect(await check.firstConflict(0n, 1n)).toBeUndefined();
    messages = [];
    expect(await check.firstConflict(0n, 3n)).toBe(4n);
  });
});

describe('a batch that ends here', () => {
  it('may not leave behind a message that waited so long', async () => {
    expect(await check.leavesForced(TIME + FORCE_SECONDS)).toBe(false);
    messages = [message(0n)];
    expect(await check.leavesForced(TIME + FORCE_SECONDS - 1)).toBe(false);
    expect(await check.leavesForced(TIME + FORCE_SECONDS)).toBe(true);
    blocks = [{ messages: [message(0n)] }];
    expect(await check.leavesForced(TIME + FORCE_SECONDS)).toBe(false);
  });
});
