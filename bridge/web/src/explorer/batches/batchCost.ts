/** What a batch cost on L1. Pure; exact until a value is drawn. */
import type { BatchFacts, L1Cost } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';

type Cost = Wire<L1Cost>;

export interface ShareOfCost {
  /** Of this batch: a transaction may be for several. */
  readonly gas: bigint;
  readonly wei: bigint;
}

/** An equal part for each batch that the transaction was for. */
export function shareOf({ gasUsed, gasPrice, batches }: Cost): ShareOfCost {
  const parts = BigInt(Math.max(1, Math.trunc(batches)));
  return { gas: BigInt(gasUsed) / parts, wei: (BigInt(gasUsed) * BigInt(gasPrice)) / parts };
}

/** Operations of both queues that a batch holds: what its gas is spread over. */
export function operationsOf({ counts }: Pick<Wire<BatchFacts>, 'counts'>): number {
  return counts.ops + counts.l1Ops + counts.evmTxs;
}

/** Gas of committing and proving for each operation; undefined while a part is not known, or there is none. */
export function gasPerOperation(batch: Pick<Wire<BatchFacts>, 'counts' | 'commit' | 'prove'>): bigint | undefined {
  const operations = operationsOf(batch);
  if (batch.commit === undefined || batch.prove === undefined || operations === 0) return undefined;
  return (shareOf(batch.commit).gas + shareOf(batch.prove).gas) / BigInt(operations);
}

/** 0 … 1: how much of the shape's room is used, by its scarcer slots. */
export function fillOf({ counts, room }: Pick<Wire<BatchFacts>, 'counts' | 'room'>): number {
  const part = (used: number, all: number) => (all > 0 ? Math.min(1, used / all) : 0);
  return Math.max(part(counts.ops, room.ops), part(counts.l1Ops, room.l1Ops));
}
