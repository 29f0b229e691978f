import type { RollupParameters } from '../../bridge/client/types.ts';
import { buildPage, hasPageSources } from '../../bridge/web/build/buildPage.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ProofQueue } from '../../prover/proofQueue.ts';
import type { Config } from '../config/config.ts';
import { CircuitFiles } from './circuitFiles.ts';
import { BuiltPageFiles, type PageSource } from './pageSource.ts';
import { publicL1Url, webConfig } from './webConfig.ts';

/** How long proofs take is looked up this often at most. */
const PACE_MS = 30_000;

export interface NodePage extends PageSource {
  /** Builds the page now, in the background, so that the first visitor need not wait. */
  prepare(): void;
}

/**
 * The page of this node, for its RPC's port; undefined: there is none, and the log says why. Nothing is built or read before
 * somebody asks: a node whose page nobody opens pays nothing for it.
 */
export function openNodePage(
  config: Pick<Config, 'web' | 'l1' | 'sequencer' | 'circuits'>,
  {
    parameters,
    proofs,
    signal,
    logger,
  }: {
    parameters: Pick<RollupParameters, 'l1ChainId' | 'l2ChainId'>;
    proofs: Pick<ProofQueue, 'jobs' | 'result'>;
    /** Ends a build that runs. */
    signal: AbortSignal;
    logger: Logger;
  },
): NodePage | undefined {
  const { web, l1, sequencer, circuits } = config;
  const { rollup } = l1;
  if (!web.enabled || rollup === undefined) return undefined;
  if (!hasPageSources()) {
    logger.info({}, 'no web page: this installation has no sources of it');
    return undefined;
  }
  const files = new BuiltPageFiles({ logger, signal, build: () => buildPage({ cacheDir: circuits.cacheDir, signal }) });
  const circuitFiles = new CircuitFiles({ cacheDir: circuits.cacheDir, keysDir: circuits.keysDir });
  const proofSeconds = recentProofSeconds(proofs);
  return {
    files: () => files.get(),
    config: async (host) =>
      webConfig({
        deployment: {
          l1ChainId: Number(parameters.l1ChainId),
          l2ChainId: Number(parameters.l2ChainId),
          rollup,
          evmLane: l1.evmLane,
          attestations: l1.attestations,
          deployedAt: l1.startBlock,
        },
        name: web.name,
        rpc: '/',
        l1: { rpc: publicL1Url(config, host), explorer: web.l1Explorer, confirmations: l1.confirmations },
        pace: { batchSeconds: Math.ceil(sequencer.batchMs / 1_000), proofSeconds: await proofSeconds() },
        accountProof: await circuitFiles.urls(),
      }),
    circuit: (hash, name) => circuitFiles.file(hash, name),
    prepare: () => void files.get().catch(() => undefined),
  };
}

/** Of the newest proof that was made here; undefined: none was. */
function recentProofSeconds(proofs: Pick<ProofQueue, 'jobs' | 'result'>): () => Promise<number | undefined> {
  let known: number | undefined;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - lookedAtMs < PACE_MS) return known;
    lookedAtMs = performance.now();
    const newest = proofs.jobs().findLast(({ status }) => status === 'proven');
    const seconds = newest && (await proofs.result(newest.batch))?.seconds;
    if (seconds !== undefined) known = Math.ceil(seconds.witness + seconds.prove + seconds.verify);
    return known;
  };
}
