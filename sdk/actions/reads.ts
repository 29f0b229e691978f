/** What the node knows, with numbers as numbers. All of it is the node's word; L1 has the last one (`sdk/bridge`). */
import { prefixedHex } from '../../protocol/bytes.ts';
import { accountIndex } from '../../protocol/ids.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import type { LedgerAccount } from '../accounts/ledgerAccount.ts';
import { chainInfo } from '../chainInfo.ts';
import { SdkError } from '../errors.ts';
import { parse } from '../parse.ts';
import { type AnyClient, request } from '../request.ts';
import type {
  AccountView,
  AttestationView,
  ChainInfo,
  ChannelFilter,
  ChannelView,
  ClaimView,
  FeeLane,
  Hex,
  LineageView,
  TransactionStatus,
} from '../rpcTypes.ts';

type Indexed<T> = Omit<T, 'index'> & { readonly index: AccountIndex };

function indexed<T extends { readonly index: number }>(view: T): Indexed<T> {
  return { ...view, index: accountIndex(view.index) };
}

/** The deployment, its heads, tokens, fees and clock. @throws SdkError CHAIN_MISMATCH */
export async function getChainInfo(client: AnyClient): Promise<ChainInfo> {
  return parse<ChainInfo>(await chainInfo(client));
}

/** Tokens in which fees can be paid now, and the least fee of each op in base units. */
export async function getFees(client: AnyClient): Promise<readonly FeeLane[]> {
  return parse<readonly FeeLane[]>(await request(client, 'engram_getFees', []));
}

/** As of the newest block. @throws SdkError NOT_FOUND */
export async function getAccount(client: AnyClient, index: number): Promise<Indexed<AccountView>> {
  const found = await request(client, 'engram_getAccount', [accountIndex(index)]);
  if (found === null) throw new SdkError('NOT_FOUND', `there is no account ${index}`, { index });
  return indexed(parse<AccountView>(found));
}

/** All accounts of a key, of every token. */
export async function getAccounts(
  client: AnyClient,
  { packedKey }: Pick<LedgerAccount, 'packedKey'>,
): Promise<readonly Indexed<AccountView>[]> {
  return parse<readonly AccountView[]>(await request(client, 'engram_getAccountsByKey', [packedKey])).map(indexed);
}

/** Where a transaction is now; `unknown` if the node has never seen it, or has forgotten. */
export async function getTransactionStatus(client: AnyClient, hash: Hex): Promise<TransactionStatus> {
  return parse<TransactionStatus>(await request(client, 'engram_getTransactionStatus', [hash]));
}

/** @throws SdkError NOT_FOUND: there is no channel at this index */
export async function getChannel(client: AnyClient, index: number): Promise<Indexed<ChannelView>> {
  const found = await request(client, 'engram_getChannel', [accountIndex(index)]);
  if (found === null) throw new SdkError('NOT_FOUND', `there is no channel ${index}`, { index });
  return indexed(parse<ChannelView>(found));
}

/** Channels of a provider, payer or model, newest first. */
export async function getChannels(client: AnyClient, filter: ChannelFilter): Promise<readonly Indexed<ChannelView>[]> {
  return parse<readonly ChannelView[]>(await request(client, 'engram_getChannels', [filter])).map(indexed);
}

/** @throws SdkError NOT_FOUND: there is no attestation at this index */
export async function getAttestation(client: AnyClient, index: number): Promise<Indexed<AttestationView>> {
  const found = await request(client, 'engram_getAttestation', [accountIndex(index)]);
  if (found === null) throw new SdkError('NOT_FOUND', `there is no attestation ${index}`, { index });
  return indexed(parse<AttestationView>(found));
}

/** Who attested a file, earliest first. */
export async function findAttestations(
  client: AnyClient,
  sha256: Uint8Array,
): Promise<readonly Indexed<AttestationView>[]> {
  const found = await request(client, 'engram_findAttestations', [prefixedHex(sha256)]);
  return parse<readonly AttestationView[]>(found).map(indexed);
}

/** What an artefact was made from and what was made from it. @throws SdkError NOT_FOUND */
export async function getLineage(client: AnyClient, index: number): Promise<LineageView> {
  const found = await request(client, 'engram_getLineage', [accountIndex(index)]);
  if (found === null) throw new SdkError('NOT_FOUND', `there is no attestation ${index}`, { index });
  return parse<LineageView>(found);
}

/** What a channel paid out, newest first. */
export async function getClaims(
  client: AnyClient,
  channel: number,
  options: { readonly limit?: number } = {},
): Promise<readonly ClaimView[]> {
  return parse<readonly ClaimView[]>(await request(client, 'engram_getClaims', [accountIndex(channel), options]));
}
