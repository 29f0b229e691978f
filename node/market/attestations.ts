import type { ChainStore } from '../../chain/store.ts';
import { type Account, type AccountIndex, Kind } from '../../protocol/types.ts';
import type { Page } from '../../sdk/explorerTypes.ts';
import type { ListedAttestation } from '../../sdk/marketTypes.ts';
import type { ArtefactKind } from '../../sdk/rpcTypes.ts';
import { attestationFacts, originView } from '../backend/aiViews.ts';
import { RpcCode, RpcError } from '../rpc/errors.ts';
import { type AttestationList, type Birth, birthOf, cursorOf } from './attestationList.ts';
import type { ClaimTallies } from './claimTallies.ts';
import type { MarketIndex } from './marketIndex.ts';

export interface AttestationsDeps {
  readonly store: Pick<ChainStore, 'origin'>;
  readonly index: Pick<MarketIndex, 'view'>;
  readonly account: (index: AccountIndex) => Account | undefined;
}

export interface AttestationQuery {
  readonly kind?: ArtefactKind | undefined;
  readonly owner?: AccountIndex | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Attested artefacts, newest first, with what is known of their use. @throws RpcError INVALID_PARAMS: no cursor of this list */
export async function listAttestations(
  { before, ...query }: AttestationQuery,
  deps: AttestationsDeps,
): Promise<Page<ListedAttestation>> {
  const from = before === undefined ? undefined : cursor(before);
  const { attestations, tallies } = await deps.index.view();
  const { items, isMore } = attestations.page({ ...query, before: from });
  const listed = await Promise.all(items.map(({ index }) => listedOf(index, { attestations, tallies }, deps)));
  const last = items.at(-1);
  return {
    items: listed.filter((one) => one !== undefined),
    ...(isMore && last !== undefined && { next: cursorOf(last.birth) }),
  };
}

/** Undefined: blocks were taken back just now, and it with them. */
async function listedOf(
  index: AccountIndex,
  { attestations, tallies }: { readonly attestations: AttestationList; readonly tallies: ClaimTallies },
  { store, account }: AttestationsDeps,
): Promise<ListedAttestation | undefined> {
  const origin = await store.origin(index);
  const found = account(index);
  if (found?.kind !== Kind.ATTEST) return undefined;
  return {
    ...attestationFacts(index, found),
    ...(origin !== undefined && { created: originView(origin) }),
    children: attestations.children(index),
    channels: tallies.channelsOf(index),
    settled: tallies.model(index),
  };
}

function cursor(text: string): Birth {
  const birth = birthOf(text);
  if (birth !== undefined) return birth;
  throw new RpcError(RpcCode.INVALID_PARAMS, 'INVALID_PARAMS', 'params[0][before]: not given by this list');
}
