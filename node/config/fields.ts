/** Parsers of single settings. Each takes the JSON value of a file or the text of a variable or flag. */
import { z } from 'zod';

const INTEGER = /^-?\d{1,15}$/;

export function integer(min: number, max: number) {
  return z
    .union([z.number(), z.string().regex(INTEGER, 'expected an integer').transform(Number)])
    .pipe(z.number().int().min(min).max(max));
}

export const toggle = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0'], 'expected true or false').transform((text) => text === 'true' || text === '1'),
]);

export function text(pattern?: RegExp, expected?: string) {
  return pattern === undefined ? z.string().min(1) : z.string().regex(pattern, expected);
}

export function httpUrl(protocols: RegExp) {
  return z.url({ protocol: protocols, error: `expected a URL (${protocols.source.replace(/[\^$]/g, '')})` });
}

/** A JSON array, or one comma-separated text. */
export function list<T>(item: z.ZodType<T, string>) {
  return z
    .union([
      z.array(z.string()),
      z.string().transform((joined) => (joined === '' ? [] : joined.split(',').map((part) => part.trim()))),
    ])
    .pipe(z.array(item));
}

/** `token:amount` pairs, comma-separated. */
export const amountsByToken = list(
  z
    .string()
    .regex(/^\d{1,5}:\d{1,20}$/, 'expected token:amount')
    .transform((pair) => {
      const [token = '', value = ''] = pair.split(':');
      return { token: Number(token), amount: BigInt(value) };
    }),
);

export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address: 0x and 40 hex digits')
  // matches the template by the pattern above
  .transform((value) => value.toLowerCase() as `0x${string}`);
