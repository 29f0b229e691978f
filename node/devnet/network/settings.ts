import type { RollupSettings } from '../../../bridge/deploy/deploy.ts';
import { devAccount } from '../accounts.ts';
import type { DevDeployment } from '../deployment.ts';
import type { Flags, NetworkOptions, Role } from './options.ts';

/** Short times, so that a silent sequencer is replaced while somebody watches. Seconds; no bond: nobody is to lose it by trying things. */
export const NETWORK_SETTINGS: Partial<RollupSettings> = {
  graceSeconds: 60,
  proveDeadlineSeconds: 1_800,
  queueDeadlineSeconds: 7_200,
  maxDriftSeconds: 900,
  maxAgeSeconds: 1_800,
  bond: 0n,
};

/** Of the registry, in seconds: unstaked money is locked for longer than a batch may take to be proven. */
export const REGISTRY_SETTINGS = { epochSeconds: 120, slotSeconds: 20, unstakeDelaySeconds: 2_400 } as const;

/** What all nodes of one network are told, and what those of a role are told besides. */
export function nodeFlags(
  role: Role,
  {
    deployment,
    ...options
  }: Pick<
    NetworkOptions,
    'blockMs' | 'batchMs' | 'l1WaitMs' | 'rotate' | 'provers' | 'cacheDir' | 'logLevel' | 'flags'
  > & {
    readonly deployment: DevDeployment;
  },
): Flags {
  const { rotate = false, provers = 0, cacheDir, logLevel = 'info' } = options;
  // where the seat is an account's, validators only build while they stand in for it
  const isBuilder = rotate ? role === 'validator' : role === 'sequencer';
  const isFallback = role === 'validator' && !rotate;
  return {
    '--log-level': logLevel,
    '--log-pretty': false,
    '--l1-rollup': deployment.rollup,
    '--l1-attestations': deployment.attestations,
    '--l1-evm-lane': deployment.evmLane,
    ...(deployment.registry !== undefined && { '--l1-registry': deployment.registry }),
    '--l1-start-block': deployment.deployedAt,
    '--l1-confirmations': 1,
    '--l1-poll-ms': 500,
    '--rpc-requests-per-minute': 1_000_000,
    '--rpc-cors-origins': '*',
    // one page is enough
    '--web-enabled': role === 'sequencer',
    '--p2p-enabled': true,
    '--p2p-peer-exchange': false,
    '--p2p-mdns': false,
    '--sequencer-enabled': isBuilder,
    '--sequencer-fallback': isFallback,
    '--sequencer-block-ms': options.blockMs ?? 1_000,
    '--sequencer-batch-ms': options.batchMs ?? 20_000,
    '--sequencer-l1-wait-ms': options.l1WaitMs ?? 5_000,
    '--sequencer-fee-key': devAccount('fees').packedKey,
    '--sequencer-fee-owner': devAccount('fees').l1.address,
    '--evm-beneficiary': devAccount('fees').l1.address,
    '--evm-batch-bytes': 1_000_000,
    '--validator-enabled': role === 'validator',
    // what is submitted on the open path has its proof with it, so it cannot be left to others
    '--prover-enabled': isFallback || (isBuilder && provers === 0),
    ...(cacheDir !== undefined && { '--circuits-cache-dir': cacheDir }),
    ...options.flags?.[role],
  };
}
