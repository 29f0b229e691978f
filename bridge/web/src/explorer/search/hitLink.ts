/** Where a hit of a search leads. Pure. */
import type { SearchHit } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { href } from '../../app/router.ts';
import { links } from '../places.ts';
import type { Wanted } from './cleanSearch.ts';

export type Hit = Wire<SearchHit>;

export function hitLink(hit: Hit): string {
  switch (hit.kind) {
    case 'block':
      return links.block(hit.number);
    case 'batch':
      return links.batch(hit.number);
    case 'ledgerTx':
    case 'evmTx':
      return links.transaction(hit.hash);
    case 'account':
      return links.account(hit.index);
    case 'address':
      return links.address(hit.address);
    case 'artefact':
      return href('market', 'models', hit.attestation);
  }
}

/** “block 12” is no search for batch 12; if nothing is left, everything is. */
export function narrowed(hits: readonly Hit[], wanted: Wanted): readonly Hit[] {
  const matching = wanted === undefined ? hits : hits.filter(({ kind }) => kind === wanted);
  return matching.length > 0 ? matching : hits;
}
