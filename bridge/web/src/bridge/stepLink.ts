import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { href } from '../app/router.ts';
import type { TransferStep } from '../transfers/types.ts';
import { safeUrl } from '../ui/safeText.ts';

const HASH = /^0x[0-9a-f]{64}$/i;

/** Where a step can be looked at: our explorer, or L1's if one is configured. Identifiers may be a node's word: only hashes and numbers lead anywhere. */
export function stepLink(
  { l1, rpc }: Pick<WebConfig, 'l1' | 'rpc'>,
  { link }: Pick<TransferStep, 'link'>,
): string | undefined {
  if (link === undefined) return undefined;
  const { chain, id } = link;
  if (chain === 'l1')
    return l1.explorer !== undefined && HASH.test(id) ? safeUrl(`${l1.explorer}/tx/${id}`) : undefined;
  if (rpc === undefined) return undefined; // the explorer asks a node
  if (chain === 'batch') return /^\d{1,15}$/.test(id) ? href('explorer', 'batch', id) : undefined;
  return HASH.test(id) ? href('explorer', 'tx', id) : undefined;
}
