import { BridgeError } from '../../bridge/client/errors.ts';
import type { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { BlockL1Ops } from '../../chain/block.ts';
import type { ChainStore } from '../../chain/store.ts';
import { FORCE_SECONDS } from '../../protocol/lane/constants.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import { isItem, sameMessages } from './sameL1.ts';

export interface UnsafeCheckDeps {
  readonly store: Pick<ChainStore, 'head' | 'block'>;
  readonly rollup: Pick<RollupReader, 'readQueue' | 'state'>;
  readonly lane: Pick<EvmLaneReader, 'messages' | 'messageCount'> | undefined;
}

/** What a block says it took from L1. */
export interface L1Claims {
  readonly l1: BlockL1Ops;
  readonly l1Messages: readonly L1Message[];
  /** Index of the first of the messages. */
  readonly firstMessage: bigint;
}

/** yes: L1 has them. notYet: it has fewer. no: it has others. */
export type OnL1 = 'yes' | 'notYet' | 'no';

/**
 * Nothing on L1 binds what unsafe blocks took from its queue and from the messages of `EvmLane`: after L1 went back, or from a proposer
 * who lies, they may hold what is not there.
 */
export class UnsafeCheck {
  readonly #deps: UnsafeCheckDeps;

  constructor(deps: UnsafeCheckDeps) {
    this.#deps = deps;
  }

  /** As L1 is now. @throws BridgeError */
  async check({ l1, l1Messages, firstMessage }: L1Claims): Promise<OnL1> {
    const { rollup, lane } = this.#deps;
    if (l1.ops.length > 0) {
      const end = l1.firstQueueIndex + BigInt(l1.ops.length);
      const { queueTail } = await rollup.state();
      const items = await rollup.readQueue(l1.firstQueueIndex, end < queueTail ? end : queueTail);
      if (!items.every(({ item }, i) => l1.ops[i] !== undefined && isItem(l1.ops[i], item))) return 'no';
      if (items.length < l1.ops.length) return 'notYet';
    }
    if (l1Messages.length > 0) {
      if (lane === undefined) return 'no';
      const messages = await existing(lane, firstMessage, firstMessage + BigInt(l1Messages.length));
      if (!sameMessages(l1Messages.slice(0, messages.length), messages)) return 'no';
      if (messages.length < l1Messages.length) return 'notYet';
    }
    return 'yes';
  }

  /**
   * Whether a batch of this timestamp (seconds) that ends here may not be closed: a message it must take is left behind, and what it posts
   * would not count (docs/protocol.md section 11). @throws BridgeError
   */
  async leavesForced(batchTimestamp: number): Promise<boolean> {
    const { store, lane } = this.#deps;
    if (lane === undefined) return false;
    const next = store.head.inboxCount;
    const [message] = await existing(lane, next, next + 1n);
    return message !== undefined && message.l1Timestamp <= batchTimestamp - FORCE_SECONDS;
  }

  /**
   * The first block above `safeBlock` whose operations or messages L1 does not have as they are there; undefined: all are.
   * @param committedQueue queue items below are those of committed batches, which L1 itself has compared
   */
  async firstConflict(committedQueue: bigint, safeBlock: bigint): Promise<bigint | undefined> {
    const { store, rollup, lane } = this.#deps;
    const { head } = store;
    if (head.block <= safeBlock) return undefined;
    const from = committedQueue < head.nextQueueIndex ? committedQueue : head.nextQueueIndex;
    const { queueTail } = await rollup.state();
    const end = head.nextQueueIndex < queueTail ? head.nextQueueIndex : queueTail;
    const items = new Map((await rollup.readQueue(from, end)).map((entry) => [entry.queueIndex, entry.item]));
    let inbox: bigint | undefined;
    let onL1: readonly L1Message[] = [];
    for (let number = safeBlock + 1n; number <= head.block; number += 1n) {
      const block = await store.block(number);
      if (block === undefined) return undefined;
      const { l1, evm } = block;
      const isThere = l1.ops.every((op, i) => {
        const index = l1.firstQueueIndex + BigInt(i);
        return index < from || isItem(op, items.get(index));
      });
      if (!isThere) return number;
      const messages = evm.messages.filter((message): message is L1Message => message.kind !== 'fromLedger');
      if (messages.length === 0) continue;
      const first = evm.inboxCount - BigInt(messages.length);
      if (inbox === undefined) {
        inbox = first;
        onL1 = lane === undefined ? [] : await existing(lane, first, head.inboxCount);
      }
      const at = Number(first - inbox);
      if (!sameMessages(messages, onL1.slice(at, at + messages.length))) return number;
    }
    return undefined;
  }
}

/** As far as L1 has them. */
async function existing(
  lane: Pick<EvmLaneReader, 'messages' | 'messageCount'>,
  from: bigint,
  to: bigint,
): Promise<readonly L1Message[]> {
  const count = await lane.messageCount({});
  if (count <= from) return [];
  try {
    return await lane.messages(from, to < count ? to : count);
  } catch (error) {
    // L1 changed between two questions
    if (error instanceof BridgeError && error.code === 'UNKNOWN_MESSAGE') return [];
    throw error;
  }
}
