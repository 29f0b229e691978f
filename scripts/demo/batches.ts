/** What a proven batch cost: constraints, seconds, gas on L1. And waiting for proven batches. */
import { localClients } from '../../bridge/deploy/localL1.ts';
import { ensureArtifacts } from '../../circuits/build/artifacts.ts';
import type { Devnet } from '../../node/devnet/devnet.ts';
import type { ShapeName } from '../../protocol/types.ts';
import type { JobRecord } from '../../prover/proofRecords.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';

export interface BatchRow {
  readonly batch: number;
  readonly operations: number;
  readonly l1Operations: number;
  readonly transactions: number;
  readonly constraints: number;
  readonly provingSeconds: number;
  readonly commitGas: number;
  readonly proveGas: number;
  readonly l1GasPerOperation: number;
}

export type ConstraintsOf = (shape: ShapeName) => Promise<number>;

/** As the compiler counted them for the circuit that is in use. */
export const compiledConstraints: ConstraintsOf = async (shape) =>
  (await ensureArtifacts(`batch-${shape}`)).constraints;

export async function batchRows(
  devnet: Devnet,
  last: number,
  constraintsOf = compiledConstraints,
): Promise<BatchRow[]> {
  const batches = await Promise.all(
    Array.from({ length: last }, (_, i) => devnet.rpc.request('engram_getBatch', [i + 1])),
  );
  const { publicClient } = localClients(devnet.l1);
  const gasOf = async (hash: string | undefined): Promise<number> =>
    hash === undefined ? 0 : Number((await publicClient.getTransactionReceipt({ hash: hash as Hex })).gasUsed);
  const rows: BatchRow[] = [];
  for (const batch of batches) {
    if (batch === null) throw new RangeError('a proven batch is unknown to the node');
    const { number, shape, counts, commitTx, proveTx } = batch;
    const proof = await devnet.node.proofs.result(number);
    if (proof === undefined) throw new RangeError(`the proof of batch ${number} is unknown to the node`);
    const commitGas = await gasOf(commitTx);
    // One transaction may prove several batches; each bears its part.
    const together = batches.filter((other) => other?.proveTx === proveTx).length;
    const proveGas = Math.round((await gasOf(proveTx)) / together);
    rows.push({
      batch: number,
      operations: counts.ops,
      l1Operations: counts.l1Ops,
      transactions: counts.txs,
      constraints: await constraintsOf(shape),
      provingSeconds: proof.seconds.witness + proof.seconds.prove + proof.seconds.verify,
      commitGas,
      proveGas,
      l1GasPerOperation: Math.round((commitGas + proveGas) / Math.max(1, counts.ops + counts.l1Ops)),
    });
  }
  return rows;
}

/** From now on listens for the first batch that is proven on L1; the answer tells when that was, once it has been. */
export async function noteFirstProof(devnet: Devnet): Promise<() => number | undefined> {
  let first: number | undefined;
  await devnet.rpc.subscribe('batches', [], ({ status }) => {
    if (status === 'proven') first ??= performance.now();
  });
  return () => first;
}

/** Resolves once `isDone`, asked after every step of a batch. @throws what ended the node; RangeError if a proof has failed for good */
export async function waitForBatches(
  devnet: Devnet,
  isDone: () => Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  let wake: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined); // it may fail when nobody waits any more
  signal?.addEventListener('abort', () => fail(signal.reason), { once: true });
  void devnet.node.halted.then(fail);
  const onFailed = ({ batch, status }: JobRecord): void => {
    if (status === 'failed') fail(new RangeError(`batch ${batch} could not be proven`));
  };
  const unlisten = devnet.node.prover?.events.on('failed', onFailed);
  const subscription = await devnet.rpc.subscribe('batches', [], () => wake(), fail);
  try {
    for (;;) {
      const event = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (await isDone()) return;
      if (devnet.node.proofs.counts().failed > 0)
        throw new RangeError('a proof has failed: nothing after it can be proven');
      await Promise.race([event, failed]);
    }
  } finally {
    unlisten?.();
    await subscription.unsubscribe();
  }
}
