/** How sure something is, by the batch it is in. Pure. */
import type { Surety } from '../../../../sdk/explorerTypes.ts';
import type { Heads, Wire } from '../../../../sdk/rpcTypes.ts';

/** `attested`: validators signed what the EVM lane did, which the proof does not cover. */
export type Sure = Surety | 'attested';

/** What L1 brings about without a block or a batch of ours (costs, attestations) is asked for this often, ms. */
export const L1_PACE_MS = 15_000;

export const LEDGER_STEPS = ['pending', 'included', 'committed', 'proven'] as const satisfies readonly Sure[];
/** A block or a batch never waits in the mempool. */
export const MADE_STEPS = ['included', 'committed', 'proven'] as const satisfies readonly Sure[];
export const EVM_STEPS = [...LEDGER_STEPS, 'attested'] as const satisfies readonly Sure[];

export function suretyOfBatch(batch: number, heads: Pick<Wire<Heads>, 'committed' | 'proven'>): Surety {
  if (batch <= heads.proven.batch) return 'proven';
  return batch <= heads.committed.batch ? 'committed' : 'included';
}

interface EvmPlace {
  /** Absent: in the pool. */
  readonly block: bigint | undefined;
  /** Absent: not known yet. */
  readonly batch: number | undefined;
}

/** Of a transaction of the EVM lane. @param finalized the last block that is proven and attested; absent: not known */
export function suretyOfEvm(
  { block, batch }: EvmPlace,
  heads: Pick<Wire<Heads>, 'committed' | 'proven'> | undefined,
  finalized: string | undefined,
): Sure {
  if (block === undefined) return 'pending';
  if (finalized !== undefined && block <= BigInt(finalized)) return 'attested';
  return batch === undefined || heads === undefined ? 'included' : suretyOfBatch(batch, heads);
}
