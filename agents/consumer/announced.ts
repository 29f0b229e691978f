import type { LedgerClient } from '../../sdk/client.ts';
import { findProviders } from '../discovery/findProviders.ts';
import type { Offering, WantedModel } from './offering.ts';

/** Who announced to serve a model, each announcement verified against the ledger. @throws as `findProviders` */
export async function announcedOfferings(
  client: LedgerClient,
  { model, sha256, token }: WantedModel & { readonly token: number },
): Promise<readonly Offering[]> {
  const found = await findProviders(client, {
    ...(model !== undefined && { model }),
    ...(sha256 !== undefined && { sha256 }),
  });
  return found
    .filter(({ capability }) => capability.token === token)
    .map(({ owner, endpoint, capability: { price, execution } }) => ({ provider: owner, endpoint, price, execution }));
}
