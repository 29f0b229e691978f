import { marketHref } from '../places.ts';

/** What a link says is unfolded: numbers, as many as anybody unfolds by hand. */
export function openIn(query: URLSearchParams): ReadonlySet<number> {
  const parts = (query.get('open') ?? '').slice(0, 1_000).split('.');
  return new Set(parts.filter((part) => /^\d{1,8}$/.test(part)).map(Number));
}

/** The place where `more` is unfolded, too. */
export function unfolded(current: number, open: ReadonlySet<number>, more: number): string {
  return marketHref(['models', current], { open: [...open, more].join('.') });
}
