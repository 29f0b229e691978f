/** The places that are looked at in each theme and width. */
export interface LookedAt {
  readonly name: string;
  /** Of the page, after its address. */
  readonly place: string;
}

export const PLACES: readonly LookedAt[] = [
  { name: 'bridge', place: '#/bridge' },
  { name: 'explorer', place: '#/explorer' },
  { name: 'market', place: '#/market' },
  { name: 'settings', place: '#/settings' },
];

export const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1_200, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1_200, height: 900 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
] as const;
export type Look = (typeof LOOKS)[number];
