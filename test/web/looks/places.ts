import type { Data } from '../data.ts';
import type { Market } from '../market/market.ts';

/** The places that are looked at in each theme and width. */
export interface LookedAt {
  readonly name: string;
  /** Of the page, after its address. */
  readonly place: string;
}

export const MAIN_PLACES: readonly LookedAt[] = [
  { name: 'bridge', place: '#/bridge' },
  { name: 'bridge-withdraw', place: '#/bridge/withdraw' },
  { name: 'bridge-gone', place: '#/bridge/gone' },
  { name: 'explorer', place: '#/explorer' },
  { name: 'market', place: '#/market' },
  { name: 'settings', place: '#/settings' },
];

/** Every kind of page, with something on it. */
export function allPlaces(
  data: Data,
  market: Market,
  seen: { readonly batch: number; readonly block: string; readonly ledgerTx: string; readonly address: string },
): readonly LookedAt[] {
  const { lineage, service, providers, epoch } = market;
  return [
    ...MAIN_PLACES,
    { name: 'explorer-blocks', place: '#/explorer/blocks' },
    { name: 'explorer-block', place: `#/explorer/block/${seen.block}` },
    { name: 'explorer-batches', place: '#/explorer/batches' },
    { name: 'explorer-batch', place: `#/explorer/batch/${seen.batch}` },
    { name: 'explorer-transaction', place: `#/explorer/tx/${seen.ledgerTx}` },
    { name: 'explorer-account', place: `#/explorer/account/${data.provider}` },
    { name: 'explorer-channel', place: `#/explorer/account/${data.channel}` },
    { name: 'explorer-address', place: `#/explorer/address/${seen.address}` },
    { name: 'explorer-search', place: '#/explorer/search/nothing' },
    { name: 'market-models', place: '#/market/models' },
    { name: 'market-model', place: `#/market/models/${lineage.model}` },
    { name: 'market-check', place: '#/market/check' },
    { name: 'market-providers', place: '#/market/providers' },
    { name: 'market-provider', place: `#/market/providers/${providers[0]?.owner}` },
    { name: 'market-silent-provider', place: `#/market/providers/${data.provider}` },
    { name: 'market-services', place: '#/market/services' },
    { name: 'market-service', place: `#/market/services/${service.index}` },
    { name: 'market-epoch', place: `#/market/services/${service.index}/${epoch}` },
  ];
}

export const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1_200, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1_200, height: 900 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
] as const;
export type Look = (typeof LOOKS)[number];
