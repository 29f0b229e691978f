import { devAccount } from '../../../node/devnet/accounts.ts';
import { NodeProcess } from './nodeProcess.ts';
import type { Settlement } from './settlement.ts';

export interface SequencerNodeOptions {
  readonly dataDir: string;
  readonly prove: boolean;
  /** Where it finds L1, if not at L1 itself. */
  readonly l1Url?: string;
  /** Besides the usual ones, or instead of them. */
  readonly flags?: Readonly<Record<string, string | number | boolean>>;
}

/** The sequencer's node as a process. Batches close when they are full, never by time. */
export function startSequencerNode(
  { dataDir, prove, l1Url, flags }: SequencerNodeOptions,
  { deployment, l1 }: Settlement,
): Promise<NodeProcess> {
  return NodeProcess.start({
    l1Key: devAccount('sequencer').l1Key,
    flags: {
      '--data-dir': dataDir,
      '--l1-rpc-url': l1Url ?? l1.url,
      '--l1-rollup': deployment.rollup,
      '--l1-start-block': deployment.deployedAt,
      '--l1-confirmations': 1,
      '--l1-poll-ms': 100,
      '--sequencer-block-ms': 300,
      '--sequencer-batch-ms': 86_400_000,
      '--prover-enabled': prove,
      ...flags,
    },
  });
}
