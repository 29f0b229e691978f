import { fill, type Texts } from '../texts/index.tsx';

/** A failure in plain words: what happened, and what to do next. */
export interface TroubleText {
  readonly what: string;
  readonly next: string;
}

interface Coded {
  readonly code: string;
  readonly data?: Readonly<Record<string, string | number | bigint>>;
}

/** By the code of whatever was thrown; what has none is unexpected, and its own words are not shown. */
export function troubleText(texts: Texts, error: unknown): TroubleText {
  const { code, data } = coded(error);
  const known: Readonly<Record<string, { readonly what: string; readonly next: string }>> = texts.errors;
  const found = Object.hasOwn(known, code) ? known[code] : undefined;
  const { what, next } = found ?? texts.errors.UNEXPECTED;
  const values = { code, ...data };
  return { what: fill(what, values), next: fill(next, values) };
}

/** The page's own failures carry `data`, the SDK's `details`. */
function coded(error: unknown): Coded {
  const { code, details, data = details } = (error ?? {}) as Partial<Coded> & { readonly details?: Coded['data'] }; // whatever was thrown
  return typeof code === 'string'
    ? { code, ...(typeof data === 'object' && data !== null && { data }) }
    : { code: 'UNEXPECTED' };
}
