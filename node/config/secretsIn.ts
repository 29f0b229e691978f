import type { Config } from './config.ts';

/** Shorter ones would black out what has nothing to do with them. */
const LEAST_LENGTH = 8;

/**
 * Texts of a configuration that no log line may show, for `createLogger`: keys in hexadecimal, and what follows the host in the URL of L1, where
 * providers put their tokens.
 */
export function secretsIn({ secrets, l1 }: Pick<Config, 'secrets' | 'l1'>): string[] {
  const keys = [secrets.l1Key, ...secrets.attestorKeys].flatMap((key) =>
    key === undefined ? [] : [key.reveal().slice(2)],
  );
  const { username, password, pathname, search } = new URL(l1.rpcUrl);
  const path = pathname.replace(/^\/|\/$/g, '');
  return [...keys, ...keys.map((key) => key.toUpperCase()), username, password, path, search.slice(1)].filter(
    (text) => text.length >= LEAST_LENGTH,
  );
}
