import { describe, expect, it } from 'vitest';
import { FreeQuota, quotaKey } from './freeQuota.ts';

const FREE = { calls: 2, perSeconds: 60, addresses: 100 };

function quota(free = FREE) {
  let now = 600;
  const made = new FreeQuota(free, { nowSeconds: () => now });
  return {
    quota: made,
    advance: (seconds: number) => {
      now += seconds;
    },
  };
}

describe('free calls', () => {
  it('begin anew with the window, and say how long until then', () => {
    const { quota: free, advance } = quota();
    free.take('a');
    free.take('a');
    advance(59);
    expect(() => free.take('a')).toThrow(
      expect.objectContaining({ code: 'QUOTA', data: { calls: 2, perSeconds: 60, retryAfter: 1 } }),
    );
    advance(1);
    free.take('a');
  });

  it('of a flood from many addresses take bounded memory, and give nobody more', () => {
    const { quota: free } = quota();
    free.take('first');
    free.take('first');
    let refused = 0;
    for (let n = 0; n < 100_000; n += 1) {
      try {
        free.take(`198.51.${n >> 8}.${n & 255}`);
      } catch {
        refused += 1;
      }
    }
    expect([free.addresses, refused]).toEqual([100, 100_000 - 99]);
    // the flood did not make room for somebody who had had his
    expect(() => free.take('first')).toThrow(expect.objectContaining({ code: 'QUOTA' }));
  });

  it('count a network of IPv6 as one address', () => {
    const same = ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:0db8:0001:0002:3:4:5:6', '2001:DB8:1:2::'];
    expect(new Set(same.map(quotaKey)).size).toBe(1);
    expect(quotaKey('2001:db8:1:3::1')).not.toBe(quotaKey('2001:db8:1:2::1'));
    expect(quotaKey('::1')).toBe('0:0:0:0');
    expect(quotaKey('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(quotaKey('x'.repeat(10_000))).toHaveLength(128);
  });
});
