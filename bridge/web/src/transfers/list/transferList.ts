import type { Address, Hex } from 'viem';
import type { WebConfig } from '../../../../../sdk/webConfig.ts';
import type { L1Position } from '../../../../client/types.ts';
import { inGroups } from '../inGroups.ts';
import type { L1Chain } from '../l1/l1Chain.ts';
import type { NodeView } from '../node/nodeView.ts';
import type { Transfer } from '../types.ts';
import { creditsOf, isBefore } from './credits.ts';
import { type Exits, exitsOf } from './exits.ts';
import { escapeTransfers, exitTransfers } from './exitTransfers.ts';
import type { BatchTimes, Facts } from './facts.ts';
import { laneDeposits, laneWithdrawals } from './laneTransfers.ts';
import { type Measured, paceOf } from './pace.ts';
import { queueTransfers } from './queueTransfers.ts';
import { CLOSE, type Survey, type Surveys } from './survey.ts';

/** Batches whose transactions on L1 are looked up for a list. */
const BATCHES = 12;
const PARALLEL = 8;

/** Makes lists of transfers out of surveys: nothing in them depends on this browser. */
export class TransferList {
  readonly #config: WebConfig;
  readonly #deps: { readonly l1: L1Chain; readonly node: NodeView | undefined; readonly surveys: Surveys };
  /** Of batches that are proven: they do not change. */
  readonly #batchTimes = new Map<number, BatchTimes>();

  constructor(config: WebConfig, deps: { l1: L1Chain; node: NodeView | undefined; surveys: Surveys }) {
    this.#config = config;
    this.#deps = deps;
  }

  /** In no order. `now`: seconds. */
  async of(owner: Address, survey: Survey, now: number): Promise<Transfer[]> {
    const { l1, surveys } = this.#deps;
    const { state, events, laneHead, refunded, node, claimable, claimed } = survey;
    const credits = await creditsOf(events, l1);
    const exits = await exitsOf({ owner: BigInt(owner), l1, state, events, credits, named: node?.exits });
    const [times, batchTimes] = await Promise.all([this.#l1Times(survey), this.#batches(survey, exits)]);
    const takenIn = node?.takenIn ?? new Map();
    const facts: Facts = {
      config: this.#config,
      ...{ state, events, credits, exits, takenIn, refunded, batchTimes, times, now },
      lane: {
        ...{ head: laneHead, withdrawals: node?.withdrawals ?? [], claimable, claimed },
        ...(node?.inboxCount !== undefined && { inboxCount: node.inboxCount }),
      },
      pace: paceOf(this.#config, measured(batchTimes, { exits, takenIn })),
    };
    const blocks = new Set(facts.lane.withdrawals.slice(0, CLOSE).map(({ block }) => block));
    const laneTimes = new Map(
      await inGroups([...blocks], PARALLEL, async (block) => [block, await surveys.laneTime(block)] as const),
    );
    return [
      ...queueTransfers(facts),
      ...exitTransfers(facts, owner),
      ...escapeTransfers(facts, owner),
      ...laneDeposits(facts),
      ...laneWithdrawals(facts, (block) => laneTimes.get(block) ?? 0),
    ];
  }

  /** When the L1 blocks were that matter: of what is not finished, and of the newest. */
  async #l1Times({ events, state }: Survey): Promise<ReadonlyMap<Hex, number>> {
    const { queued, credited, withdrawn, escaped, messages, claimed } = events;
    const open = queued.filter(({ entry }) => entry.queueIndex >= state.proven.queue);
    const owed = credited.filter(
      ({ token, l1 }) => !withdrawn.some((paid) => paid.token === token && isBefore(l1, paid.l1)),
    );
    const all: readonly (readonly { readonly l1: L1Position }[])[] = [
      open,
      owed,
      ...[queued, credited, withdrawn, escaped, messages, claimed].map((list) => list.slice(-CLOSE)),
    ];
    const hashes = [...new Set(all.flat().map(({ l1 }) => l1.blockHash))];
    const times = await inGroups(
      hashes,
      PARALLEL,
      async (hash) => [hash, await this.#deps.l1.blockTime(hash)] as const,
    );
    return new Map(times);
  }

  /** The node knows the transactions; L1 says whether they are what it says, and when they were. */
  async #batches({ state, node }: Survey, { exits, ofQueue }: Exits): Promise<ReadonlyMap<number, BatchTimes>> {
    const found = new Map<number, BatchTimes>();
    const view = this.#deps.node;
    if (view === undefined || node === undefined) return found;
    const numbers = [...exits, ...ofQueue.values(), ...node.takenIn.values()].map(({ batch }) => batch);
    const newest = [...new Set(numbers)].filter((batch) => batch <= state.committed.batch).sort((a, b) => b - a);
    await inGroups(newest.slice(0, BATCHES), PARALLEL, async (batch) => {
      const times = this.#batchTimes.get(batch) ?? (await this.#timesOf(batch, view));
      if (times.prove !== undefined) this.#batchTimes.set(batch, times);
      found.set(batch, times);
    });
    return found;
  }

  async #timesOf(batch: number, node: NodeView): Promise<BatchTimes> {
    const hint = await node.batch(batch).catch(() => undefined);
    const { l1 } = this.#deps;
    const [commit, prove] = await Promise.all([
      hint?.commitTx && l1.batchTransaction(hint.commitTx, 'committed', batch),
      hint?.proveTx && l1.batchTransaction(hint.proveTx, 'proven', batch),
    ]);
    return { ...(commit && { commit }), ...(prove && { prove }) };
  }
}

function measured(
  times: ReadonlyMap<number, BatchTimes>,
  {
    exits,
    takenIn,
  }: { exits: Exits; takenIn: ReadonlyMap<bigint, { readonly batch: number; readonly timestamp: number }> },
): Measured {
  const began = new Map<number, number>();
  for (const { batch, timestamp } of [...exits.exits, ...takenIn.values()]) {
    began.set(batch, Math.min(timestamp, began.get(batch) ?? timestamp));
  }
  const toCommit: number[] = [];
  const toProof: number[] = [];
  for (const [batch, { commit, prove }] of times) {
    const start = began.get(batch);
    if (commit && start !== undefined) toCommit.push(Math.max(0, commit.at - start));
    if (commit && prove) toProof.push(Math.max(0, prove.at - commit.at));
  }
  return { toCommit, toProof };
}
