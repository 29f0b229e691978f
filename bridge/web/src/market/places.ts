import { href } from '../app/router.ts';

/** The link to a place of the market: `marketHref(['models', 7], { open: '3' })`; what is undefined is left out. */
export function marketHref(
  path: readonly (string | number)[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, value);
  const text = params.toString();
  return `${href('market', ...path)}${text === '' ? '' : `?${text}`}`;
}

const ACCOUNT_LIMIT = 2 ** 24;
const EPOCH_LIMIT = 2 ** 32;

/** The number that a part of a place is; undefined: it is none, or no account can have it. */
export function accountIn(part: string | undefined): number | undefined {
  return numberIn(part, ACCOUNT_LIMIT);
}

export function epochIn(part: string | undefined): number | undefined {
  return numberIn(part, EPOCH_LIMIT);
}

function numberIn(part: string | undefined, limit: number): number | undefined {
  if (part === undefined || !/^\d{1,10}$/.test(part)) return undefined;
  const number = Number(part);
  return number < limit ? number : undefined;
}
