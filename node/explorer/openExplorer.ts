import { join } from 'node:path';
import type { PublicClient } from 'viem';
import type { Clock } from '../../chain/clock.ts';
import type { Db } from '../../chain/db.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { field, isCanonical } from '../../protocol/field.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import type { ProofQueue } from '../../prover/proofQueue.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';
import type { ExplorerBackend } from '../rpc/explorerBackend.ts';
import { BatchFollower } from './batchFollower.ts';
import { ExplorerIndex } from './explorerIndex.ts';
import { ExplorerQueries } from './explorerQueries.ts';
import { ExplorerFollower } from './follower.ts';
import { openIndexFolder } from './indexFolder.ts';
import { indexStart } from './indexStart.ts';
import { l1Costs } from './l1Costs.ts';

export interface OpenExplorerDeps {
  readonly store: ChainStore;
  readonly sequencer: Sequencer;
  readonly proofs: ProofQueue;
  readonly publicClient: PublicClient;
  readonly rollup: Hex;
  /** L1 block of its deployment. */
  readonly deployedAt: bigint;
  /** Attestations of an artefact's commitment, earliest first. */
  readonly attestations: (artefact: Field) => readonly AccountIndex[];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Explorer {
  readonly backend: ExplorerBackend;
  /** Follows the chain and its batches until the signal; never fails. */
  run(signal: AbortSignal): Promise<void>;
  /** After `run` has ended. */
  close(): Promise<void>;
}

/** Of a running node; `dir` is its data folder. @throws ChainError STORE_UNAVAILABLE: another process has it, or it cannot be written */
export async function openExplorer(dir: string, deps: OpenExplorerDeps): Promise<Explorer> {
  const { store, sequencer, proofs, clock } = deps;
  const log = deps.log.child({ module: 'explorer' });
  const folder = join(dir, 'explorer');
  const { db, opened: index } = await openIndexFolder(folder, (of) => openIndex(store, of), { log });
  const account = (of: AccountIndex) => sequencer.account(of);
  const follower = new ExplorerFollower({ index, store, account, clock, log });
  const l1 = l1Costs(deps, deps);
  const batches = new BatchFollower({ index, store, proofs, l1, clock, log });
  const stops = [follower.watch(sequencer.events), batches.watch(sequencer.events)];
  return {
    backend: new ExplorerQueries({
      ...{ index, store, proofs, account, clock },
      status: async (hash) => (isCanonical(hash) ? sequencer.status(field(hash)) : { status: 'unknown' }),
      pending: (hash) => sequencer.mempool.get(field(hash))?.tx,
      attestationsOf: (sha256) => deps.attestations(artefactCommitment(sha256)),
    }),
    run: async (signal) => {
      await Promise.all([follower.run(signal), batches.run(signal)]);
    },
    close: async () => {
      for (const stop of stops) stop();
      await index.settled();
      await db.close();
    },
  };
}

async function openIndex(store: ChainStore, db: Db): Promise<ExplorerIndex> {
  return ExplorerIndex.open({ domain: store.domain, start: await indexStart(store) }, { db });
}
