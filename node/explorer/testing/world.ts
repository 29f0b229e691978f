/** A chain of both lanes and an explorer's index behind it. Tests only. */
import { type Clock, systemClock } from '../../../chain/clock.ts';
import type { Db } from '../../../chain/db.ts';
import { silentLogger } from '../../../chain/logger.ts';
import { type FullChain, openFull } from '../../../chain/testing/history.ts';
import { memoryDb } from '../../../chain/testing/memoryDb.ts';
import type { GenesisState } from '../../../genesis/spec.ts';
import { TEST_TIME } from '../../../protocol/testing/actors.ts';
import type { JobRecord } from '../../../prover/proofRecords.ts';
import type { L1Cost } from '../../../sdk/explorerTypes.ts';
import type { Hex } from '../../../sdk/rpcTypes.ts';
import type { TxStatus } from '../../../sequencer/txStatus.ts';
import { BatchFollower } from '../batchFollower.ts';
import { ExplorerIndex } from '../explorerIndex.ts';
import { ExplorerQueries } from '../explorerQueries.ts';
import { ExplorerFollower } from '../follower.ts';
import { indexStart } from '../indexStart.ts';

export interface WorldOptions {
  readonly genesis: GenesisState;
  readonly db?: Db;
  readonly indexDb?: Db;
  readonly keptSteps?: number;
}

export class World {
  chain: FullChain;
  index: ExplorerIndex;
  follower: ExplorerFollower;
  batches: BatchFollower;
  queries: ExplorerQueries;
  readonly genesis: GenesisState;
  nowMs = TEST_TIME * 1_000;
  readonly clock: Clock = { nowMs: () => this.nowMs, sleep: systemClock.sleep };
  /** What the prover's queue says, by job. */
  readonly jobs = new Map<string, JobRecord>();
  seconds = { witness: 1, prove: 2.5, verify: 0.5 };
  /** What L1 says of a transaction; throwing: it is away. */
  l1Cost: (transaction: string) => L1Cost | undefined = () => undefined;
  asked = 0;
  /** Transactions by batch and step, as L1's events tell them. */
  readonly onL1 = new Map<string, Hex>();

  private constructor(chain: FullChain, index: ExplorerIndex, genesis: GenesisState) {
    this.genesis = genesis;
    this.chain = chain;
    this.index = index;
    const parts = this.#parts();
    this.follower = parts.follower;
    this.batches = parts.batches;
    this.queries = parts.queries;
  }

  static async open({ genesis, db = memoryDb(), indexDb = memoryDb(), ...rest }: WorldOptions): Promise<World> {
    const chain = await openFull(db, { genesis });
    return new World(chain, await openIndex(chain, indexDb, rest), genesis);
  }

  /** As another process finds them. */
  async reopenIndex(indexDb: Db, options: { keptSteps?: number } = {}): Promise<void> {
    this.index = await openIndex(this.chain, indexDb, options);
    Object.assign(this, this.#parts());
  }

  /** As `Sequencer.rollback` does it. */
  async back(toBlock: bigint): Promise<void> {
    const header = await this.chain.store.header(toBlock);
    if (header === undefined) throw new RangeError(`no block ${toBlock}`);
    await this.chain.lane.rewind(header);
    await this.chain.store.rollback(toBlock);
    this.chain = await openFull(this.chain.db, { genesis: this.genesis });
    // The index is the same, whoever follows with it.
    Object.assign(this, this.#parts());
  }

  #parts() {
    const { chain, index, clock } = this;
    const { store } = chain;
    const account = (of: Parameters<typeof chain.ledger.account>[0]) => chain.ledger.account(of);
    const proofs = {
      job: (id: string) => this.jobs.get(id),
      result: async () => ({
        proof: {
          a: [0n, 0n],
          b: [
            [0n, 0n],
            [0n, 0n],
          ],
          c: [0n, 0n],
        } as never, // nobody looks at it
        publicSignals: [0n, 0n, 0n] as const,
        seconds: this.seconds,
        peakMemoryMB: 7,
      }),
    };
    const status = async (hash: bigint): Promise<TxStatus> => {
      const location = await store.tx(hash as Parameters<typeof store.tx>[0]);
      return location === undefined ? { status: 'unknown' } : { status: 'included', ...location };
    };
    const l1 = {
      cost: async (transaction: string) => {
        this.asked += 1;
        return this.l1Cost(transaction);
      },
      finder: () => async (batch: number, step: 'commit' | 'prove') => this.onL1.get(`${batch} ${step}`),
    };
    const common = { index, store, account, clock, log: silentLogger };
    return {
      follower: new ExplorerFollower(common),
      batches: new BatchFollower({ ...common, proofs, l1 }),
      queries: new ExplorerQueries({ ...common, proofs, status, pending: () => undefined, attestationsOf: () => [] }),
    };
  }
}

async function openIndex({ store }: FullChain, db: Db, options: { keptSteps?: number }): Promise<ExplorerIndex> {
  return ExplorerIndex.open({ ...options, domain: store.domain, start: await indexStart(store) }, { db });
}
