/** Asks L1 and the node once for all that a list of transfers and the fate of intents are made of. */
import type { Address, Hex } from 'viem';
import { getBlock } from 'viem/actions';
import { EngramError } from '../../../../../sdk/errors.ts';
import { checkProof } from '../../../../../sdk/lane/checkProof.ts';
import { getLane, getWithdrawalProof } from '../../../../../sdk/lane/laneReads.ts';
import type { WebConfig } from '../../../../../sdk/webConfig.ts';
import type { RollupState } from '../../../../client/types.ts';
import { inGroups } from '../inGroups.ts';
import type { L1Chain, LaneHead } from '../l1/l1Chain.ts';
import type { OwnerEvents } from '../l1/ownerLogs.ts';
import type { NodeExit, NodeView, NodeWithdrawal } from '../node/nodeView.ts';
import type { TakenIn } from '../node/queueSearch.ts';

/** What the node said; each part may be missing by itself. */
export interface NodeFacts {
  readonly exits: readonly NodeExit[] | undefined;
  readonly withdrawals: readonly NodeWithdrawal[];
  readonly takenIn: ReadonlyMap<bigint, TakenIn>;
  readonly inboxCount: bigint | undefined;
}

export interface Survey {
  readonly state: RollupState;
  readonly events: OwnerEvents;
  readonly laneHead: LaneHead;
  /** Queue items that a frozen rollup has paid back. */
  readonly refunded: ReadonlySet<bigint>;
  readonly node: NodeFacts | undefined;
  readonly claimable: ReadonlySet<bigint>;
  readonly claimed: ReadonlySet<bigint>;
}

/** Of each kind, so many of the newest are looked at closely, besides all that is not finished. */
export const CLOSE = 30;
const PARALLEL = 8;

export class Surveys {
  readonly #config: WebConfig;
  readonly #l1: L1Chain;
  readonly #node: NodeView | undefined;
  /** Withdrawals whose proof led to an accepted root, which is one for ever; and those that L1 has paid. */
  readonly #claimable = new Set<bigint>();
  readonly #claimed = new Set<bigint>();
  readonly #laneTimes = new Map<bigint, number>();
  /** Why the node did not answer last; undefined: it did. */
  nodeFailure: unknown;

  constructor(config: WebConfig, { l1, node }: { l1: L1Chain; node: NodeView | undefined }) {
    this.#config = config;
    this.#l1 = l1;
    this.#node = node;
  }

  async of(owner: Address): Promise<Survey> {
    // the state first: what it calls proven is credited in logs that are read later
    const state = await this.#l1.state();
    const [events, node] = await Promise.all([this.#l1.events.read(owner), this.#askNode(owner, state)]);
    const [laneHead, refunded, takenIn] = await Promise.all([
      this.#config.evmLane === undefined ? { batch: 0, inboxCount: 0n } : this.#l1.laneHead(events.head),
      this.#refunded(state, events),
      this.#takenIn(state, events),
    ]);
    const withdrawals = node?.withdrawals ?? [];
    await this.#claims(withdrawals, { state, events, owner });
    return {
      ...{ state, events, laneHead, refunded },
      node: node && { ...node, takenIn },
      claimable: this.#claimable,
      claimed: this.#claimed,
    };
  }

  /** Seconds: of a block of the EVM lane, by the node; 0 if it does not say. */
  async laneTime(block: bigint): Promise<number> {
    const known = this.#laneTimes.get(block);
    if (known !== undefined || this.#node === undefined) return known ?? 0;
    const { client } = this.#node;
    const found = await this.#try(() => getBlock(client, { blockNumber: block }));
    if (found !== undefined) this.#laneTimes.set(block, Number(found.timestamp));
    return Number(found?.timestamp ?? 0);
  }

  /** undefined: the node does not answer. Its exits may be missing alone: where it keeps no index of them. */
  async #askNode(owner: Address, state: RollupState): Promise<Omit<NodeFacts, 'takenIn'> | undefined> {
    const node = this.#node;
    if (node === undefined) return undefined;
    this.nodeFailure = undefined;
    const [lane, exits] = await Promise.all([
      this.#try(() => Promise.all([getLane(node.client), node.withdrawals(owner)])),
      this.#try(() => node.exits(owner, { least: 2 * CLOSE, proven: state.proven.batch })),
    ]);
    if (lane === undefined && exits === undefined) return undefined;
    return { exits, withdrawals: lane?.[1] ?? [], inboxCount: lane?.[0].inboxCount };
  }

  async #takenIn(state: RollupState, { queued }: OwnerEvents): Promise<ReadonlyMap<bigint, TakenIn>> {
    const open = queued.filter(({ entry }, i) => entry.queueIndex >= state.proven.queue || i >= queued.length - CLOSE);
    const indices = open.map(({ entry }) => entry.queueIndex);
    const found = await this.#try(async () => this.#node?.queue.find(indices, state.proven.lastBlock));
    return found ?? new Map();
  }

  async #refunded(state: RollupState, { queued }: OwnerEvents): Promise<ReadonlySet<bigint>> {
    if (!state.isFrozen) return new Set();
    const left = queued.map(({ entry }) => entry.queueIndex).filter((index) => index >= state.proven.queue);
    const found = await inGroups(left, PARALLEL, async (index) =>
      (await this.#l1.queueEntry(index)) === undefined ? [index] : [],
    );
    return new Set(found.flat());
  }

  /** What the node calls claimable counts once its proof leads to a root that L1 has accepted. */
  async #claims(
    withdrawals: readonly NodeWithdrawal[],
    { events, owner }: { state: RollupState; events: OwnerEvents; owner: Address },
  ): Promise<void> {
    const node = this.#node;
    if (node === undefined || this.#config.evmLane === undefined) return;
    for (const { index } of events.claimed) this.#claimed.add(index);
    const open = withdrawals.filter(({ index, isClaimable }) => isClaimable && !this.#claimed.has(index));
    if (open.length === 0) return;
    const lane = await this.#l1.lane();
    await inGroups(open, PARALLEL, async (withdrawal) => {
      const { index, recipient } = withdrawal;
      // of the owner's own the logs tell
      if (recipient !== owner.toLowerCase() && (await lane.isClaimed(index))) {
        this.#claimed.add(index);
        return;
      }
      if (this.#claimable.has(index)) return;
      const { isClaimable: _, block: _block, transactionHash: _hash, ...leaf } = withdrawal;
      const root = await this.#try(async () => checkProof(await getWithdrawalProof(node.client, index), leaf).root);
      if (root !== undefined && (await lane.isAttestedRoot(root as Hex))) this.#claimable.add(index);
    });
  }

  /** undefined where the node fails: it is not needed for what is certain. */
  async #try<T>(question: () => Promise<T>): Promise<T | undefined> {
    try {
      return await question();
    } catch (error) {
      if (!isOwnWord(error)) this.nodeFailure = error;
      return undefined;
    }
  }
}

/** A node that is there and says no: it keeps no index, or the withdrawal is not claimable. */
function isOwnWord(error: unknown): boolean {
  const codes = ['METHOD_NOT_FOUND', 'EXPLORER_DISABLED', 'INDEX_BEHIND', 'NOT_CLAIMABLE', 'NOT_FOUND', 'BAD_ANSWER'];
  return error instanceof EngramError && codes.includes(error.code);
}
