import type { FreeCalls } from './options.ts';
import { ProviderError } from './providerError.ts';

/**
 * Free calls by address, counted in windows that begin together: what is remembered never grows over `addresses`, and ends with the
 * window. Whoever comes when the table is full waits for the next one: forgetting somebody to make room would give that one new calls.
 */
export class FreeQuota {
  readonly #free: FreeCalls;
  readonly #nowSeconds: () => number;
  readonly #used = new Map<string, number>();
  #window = -1;

  constructor(free: FreeCalls, deps: { readonly nowSeconds: () => number }) {
    this.#free = free;
    this.#nowSeconds = deps.nowSeconds;
  }

  get addresses(): number {
    return this.#used.size;
  }

  /** Whether `take` would be refused. @throws ProviderError PAYMENT_REQUIRED, QUOTA */
  check(address: string): void {
    const { calls, perSeconds, addresses } = this.#free;
    if (calls === 0) throw new ProviderError('PAYMENT_REQUIRED', 'a voucher is needed');
    const now = this.#nowSeconds();
    const window = Math.floor(now / perSeconds);
    if (window !== this.#window) this.#used.clear();
    this.#window = window;
    const used = this.#used.get(quotaKey(address));
    if (used === undefined ? this.#used.size < addresses : used < calls) return;
    const retryAfter = Math.max(1, Math.ceil((window + 1) * perSeconds - now));
    throw new ProviderError('QUOTA', 'no free calls are left for this address', { calls, perSeconds, retryAfter });
  }

  /** Counts a call. @throws as `check` */
  take(address: string): void {
    this.check(address);
    const key = quotaKey(address);
    this.#used.set(key, (this.#used.get(key) ?? 0) + 1);
  }
}

/** IPv6 hands out 2^64 addresses at a time: they count as one. */
export function quotaKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  // the same as multiaddresses write it
  const words = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address);
  if (words !== null) {
    const [high, low] = words.slice(1).map((word) => Number.parseInt(word, 16));
    return [high, low].flatMap((word = 0) => [word >> 8, word & 255]).join('.');
  }
  if (!/^[0-9a-fA-F:.]+(%.*)?$/.test(address) || !address.includes(':')) return address.slice(0, 128);
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
