import { type Address, type Hex, type Log, type PublicClient, padHex, toEventSelector } from 'viem';
import { rollupAbi } from '../../../../client/abi.ts';
import { BridgeError } from '../../../../client/errors.ts';
import { parseEvent } from '../../../../client/events.ts';
import { evmLaneAbi } from '../../../../client/evmLaneAbi.ts';
import { type EvmLaneEvent, parseEvmLaneEvent } from '../../../../client/evmLaneEvents.ts';
import { bridgeError } from '../../../../client/revert.ts';
import type { RollupEvent } from '../../../../client/types.ts';
import type { LogQuestion, RangedLogs } from './ranges.ts';

type Of<E extends { readonly type: string }, T extends E['type']> = Extract<E, { readonly type: T }>;

/** All that L1's contracts ever reported of an address, oldest first. */
export interface OwnerEvents {
  readonly queued: readonly Of<RollupEvent, 'queued'>[];
  readonly credited: readonly Of<RollupEvent, 'credited'>[];
  readonly withdrawn: readonly Of<RollupEvent, 'withdrawn'>[];
  readonly escaped: readonly Of<RollupEvent, 'escaped'>[];
  readonly messages: readonly Of<EvmLaneEvent, 'message'>[];
  readonly claimed: readonly Of<EvmLaneEvent, 'claimed'>[];
  /** L1 block up to which this is so. */
  readonly head: bigint;
}

interface Anchor {
  readonly number: bigint;
  readonly hash: Hex;
}

interface Known {
  logs: Log[];
  /** Ends of earlier scans, oldest first: what tells that L1 was reorganised, and since when. */
  anchors: Anchor[];
}

const selector = (abi: readonly { readonly type: string }[], name: string): Hex => {
  const found = abi.find((item) => item.type === 'event' && (item as { name?: string }).name === name); // events have one
  return toEventSelector(found as Parameters<typeof toEventSelector>[0]);
};
const QUEUED = selector(rollupAbi, 'Queued');
const ESCAPED = selector(rollupAbi, 'Escaped');
const CREDITED = selector(rollupAbi, 'Credited');
const WITHDRAWN = selector(rollupAbi, 'Withdrawn');
const MESSAGE = selector(evmLaneAbi, 'MessageQueued');
const CLAIMED = selector(evmLaneAbi, 'Claimed');

/** Blocks read again each time: endpoints behind one address are not equally far. */
const OVERLAP = 12n;
const MAX_ANCHORS = 64;

export interface OwnerLogsOptions {
  readonly rollup: Address;
  readonly evmLane: Address | undefined;
  readonly deployedAt: bigint;
}

/** Logs by owner: read once, then only what is new; read again from where L1 was reorganised. */
export class OwnerLogs {
  readonly #options: OwnerLogsOptions;
  readonly #deps: { readonly l1: PublicClient; readonly logs: RangedLogs };
  readonly #known = new Map<string, Known>();
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: OwnerLogsOptions, deps: { l1: PublicClient; logs: RangedLogs }) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @throws TransferError L1_UNREACHABLE; BridgeError BAD_LOG */
  read(owner: Address): Promise<OwnerEvents> {
    const key = owner.toLowerCase();
    // one after the other: two scans would each add what both have found
    const turn = (this.#turns.get(key) ?? Promise.resolve()).catch(() => undefined).then(() => this.#read(key));
    this.#turns.set(key, turn);
    return turn;
  }

  async #read(owner: string): Promise<OwnerEvents> {
    const known = this.#known.get(owner) ?? { logs: [], anchors: [] };
    const head = await this.#block('latest');
    const anchors = await this.#standing(known.anchors, head);
    const { deployedAt } = this.#options;
    const last = anchors.at(-1)?.number ?? -1n;
    const from = last - OVERLAP > deployedAt ? last - OVERLAP : deployedAt;
    const fresh: Log[] = [];
    for (const question of this.#questions(owner as Address)) {
      fresh.push(...(await this.#deps.logs.forward(question, from, head.number)));
    }
    const logs = [...known.logs.filter(({ blockNumber }) => blockNumber !== null && blockNumber < from), ...fresh];
    logs.sort(byPosition);
    const events = this.#parse(logs, head.number);
    const next = anchors.at(-1)?.number === head.number ? anchors : [...anchors, head].slice(-MAX_ANCHORS);
    this.#known.set(owner, { logs, anchors: next });
    return events;
  }

  #questions(owner: Address): LogQuestion[] {
    const { rollup, evmLane } = this.#options;
    const topic = padHex(owner, { size: 32 });
    const both = evmLane === undefined ? [rollup] : [rollup, evmLane];
    return [
      { address: [rollup], topics: [[CREDITED, WITHDRAWN], topic] },
      { address: both, topics: [[QUEUED, ESCAPED, MESSAGE, CLAIMED], null, topic] },
    ];
  }

  /** The anchors that L1 still has: behind the last of them everything is read again. */
  async #standing(anchors: readonly Anchor[], head: Anchor): Promise<Anchor[]> {
    const left = anchors.filter(({ number }) => number <= head.number);
    for (let last = left.at(-1); last !== undefined; last = left.at(-1)) {
      const found = last.number === head.number ? head : await this.#block(last.number);
      if (found.hash === last.hash) break;
      left.pop();
    }
    return left;
  }

  async #block(which: bigint | 'latest'): Promise<Anchor> {
    try {
      const { l1 } = this.#deps;
      const block = await l1.getBlock(which === 'latest' ? { blockTag: 'latest' } : { blockNumber: which });
      return { number: block.number, hash: block.hash };
    } catch (error) {
      throw bridgeError(error);
    }
  }

  #parse(logs: readonly Log[], head: bigint): OwnerEvents {
    const { rollup } = this.#options;
    const ofRollup: RollupEvent[] = [];
    const ofLane: EvmLaneEvent[] = [];
    for (const log of logs) {
      if (log.removed === true) throw new BridgeError('BAD_LOG', { reason: 'removed' });
      if (log.address.toLowerCase() === rollup.toLowerCase()) ofRollup.push(parseEvent(log));
      else ofLane.push(parseEvmLaneEvent(log));
    }
    return {
      queued: select(ofRollup, 'queued'),
      credited: select(ofRollup, 'credited'),
      withdrawn: select(ofRollup, 'withdrawn'),
      escaped: select(ofRollup, 'escaped'),
      messages: select(ofLane, 'message'),
      claimed: select(ofLane, 'claimed'),
      head,
    };
  }
}

function select<E extends { readonly type: string }, T extends E['type']>(events: readonly E[], type: T): Of<E, T>[] {
  return events.filter((event): event is Of<E, T> => event.type === type);
}

function byPosition(a: Log, b: Log): number {
  return Number((a.blockNumber ?? 0n) - (b.blockNumber ?? 0n)) || (a.logIndex ?? 0) - (b.logIndex ?? 0);
}
