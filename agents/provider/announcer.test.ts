import { describe, expect, it } from 'vitest';
import { accountIndex } from '../../protocol/ids.ts';
import type { AnnouncementDraft } from '../discovery/announce.ts';
import { Announcer } from './announcer.ts';

const OPTIONS = { agent: 9, name: 'n', endpoint: 'http://a', peer: '', lifetimeSeconds: 7_200 };
const OFFER = { owner: accountIndex(4), capabilities: [] };

function announcerOf(options: typeof OPTIONS & { service?: number } = OPTIONS) {
  const told: AnnouncementDraft[] = [];
  let [now, isAway] = [1_000, false];
  const announcer = new Announcer(
    { ...options, offer: OFFER },
    {
      now: () => now,
      announce: async (draft) => {
        if (isAway) throw new RangeError('away');
        told.push(draft);
        const announcement = { ...draft, version: 1, sequence: now, service: 0, peer: '', expiry: 0 };
        return { announcement, signature: { r8: [0n, 1n], s: 0n } } as never; // only its presence matters here
      },
    },
  );
  const at = async (time: number, away = false): Promise<number> => {
    [now, isAway] = [time, away];
    await announcer.refresh();
    return told.length;
  };
  return { announcer, told, at };
}

describe('a provider announces itself', () => {
  it('at once, and again long before the announcement ends', async () => {
    const { announcer, told, at } = announcerOf();
    expect(announcer.current).toBeUndefined();
    expect([await at(1_000), await at(2_000), await at(4_599), await at(4_600)]).toEqual([1, 1, 1, 2]);
    expect(told[1]).toMatchObject({ agent: 9, expiry: 4_600 + 7_200, endpoint: 'http://a', ...OFFER });
    expect(told[1]).not.toHaveProperty('service');
    expect(announcer.current).toBeDefined();
  });

  it('again as soon as the node is back', async () => {
    const { at } = announcerOf({ ...OPTIONS, service: 5 });
    await expect(at(1_000, true)).rejects.toThrow('away');
    expect(await at(1_001)).toBe(1);
  });
});
