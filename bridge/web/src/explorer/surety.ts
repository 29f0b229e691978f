/** How sure something is, by the batch it is in. Pure. */
import type { Surety } from '../../../../sdk/explorerTypes.ts';
import type { Heads, Wire } from '../../../../sdk/rpcTypes.ts';

/** In order. */
export const SURETIES = ['pending', 'included', 'committed', 'proven'] as const satisfies readonly Surety[];

export function suretyOfBatch(batch: number, heads: Pick<Wire<Heads>, 'committed' | 'proven'>): Surety {
  if (batch <= heads.proven.batch) return 'proven';
  return batch <= heads.committed.batch ? 'committed' : 'included';
}
