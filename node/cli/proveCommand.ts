import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { ensureArtifacts } from '../../circuits/build/artifacts.ts';
import { progressReporter } from '../../circuits/build/progress.ts';
import { closedBatchFromJson } from '../../protocol/serialize.ts';
import type { ClosedBatch } from '../../protocol/types.ts';
import { snarkjsBackend } from '../../prover/backends/snarkjs.ts';
import { proveBatch } from '../../prover/proveBatch.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { toJson } from '../rpc/json.ts';
import { type L1Options, type NodeOptions, rollupClient, withDev, withL1, withNode } from './context.ts';
import { CliError, Exit, guarded, progress } from './output.ts';
import { count } from './parsers.ts';

interface ProveOptions extends NodeOptions, L1Options {
  readonly batch: number;
  readonly out?: string;
  readonly submit?: boolean;
  readonly cache?: string;
}

/** `engram prove --batch n`: proves by hand. Anyone may prove: the contract takes a proof from every sender. */
export function registerProveCommand(program: Command): void {
  withDev(withL1(withNode(program.command('prove'))))
    .description('prove a closed batch on this machine')
    .requiredOption('--batch <n>', 'its number', count)
    .option('--out <file>', 'write the proof as JSON')
    .option('--submit', 'send the proof to L1 (the batch must be the next to be proven)')
    .option('--cache <dir>', 'folder of compiled circuits and keys')
    .action((options: ProveOptions) => guarded(options, () => prove(options)));
}

async function prove(options: ProveOptions): Promise<object> {
  const closed = await closedBatch(options);
  const { number, shape } = closed.batch;
  // before the long work: a missing key or the wrong batch should not cost a proof
  const rollup = options.submit === true ? await rollupClient(options) : undefined;
  if (rollup !== undefined) {
    const { committed, proven } = await rollup.state();
    if (number !== proven.batch + 1 || number > committed.batch) {
      const message = `L1 has ${committed.batch} batches committed and ${proven.batch} proven: it takes the next one only`;
      throw new CliError(Exit.REFUSED, 'NOT_NEXT', message);
    }
  }
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once('SIGINT', stop);
  const bars = progressReporter();
  try {
    const artifacts = await ensureArtifacts(`batch-${shape}`, {
      cacheDir: options.cache,
      signal: abort.signal,
      onProgress: (step) => bars.update(`batch-${shape}`, step),
    });
    bars.stop();
    const result = await proveBatch(closed, artifacts, {
      backend: snarkjsBackend(),
      signal: abort.signal,
      onProgress: ({ stage }) => progress(`batch ${number}: ${stage}`),
    });
    const { proof, publicSignals, seconds, peakMemoryMB } = result;
    if (options.out !== undefined) await writeFile(options.out, `${toJson({ batch: number, proof, publicSignals })}\n`);
    const posted = rollup === undefined ? undefined : await rollup.readBatch(number);
    const receipt = posted === undefined ? undefined : await rollup?.proveBatches([{ posted, proof }]);
    return {
      batch: number,
      shape,
      constraints: artifacts.constraints,
      seconds,
      peakMemoryMB: Math.round(peakMemoryMB),
      publicSignals,
      proof,
      ...(receipt !== undefined && { l1Transaction: receipt.hash, gasUsed: receipt.gasUsed }),
    };
  } finally {
    bars.stop();
    process.off('SIGINT', stop);
  }
}

async function closedBatch({ rpc, batch }: ProveOptions): Promise<ClosedBatch> {
  const json = await new RpcClient(rpc).request('engram_getClosedBatch', [batch]);
  if (json === null) throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_BATCH', `there is no closed batch ${batch}`);
  return closedBatchFromJson(json);
}
