import { describe, expect, it } from 'vitest';
import { signedAnnouncementJson } from '../../protocol/announcements/announcement.ts';
import { exampleAnnouncement } from '../../protocol/announcements/testing/exampleAnnouncement.ts';
import { ANNOUNCED } from '../testing/fakeAnnouncements.ts';
import { FakeBackend } from '../testing/fakeBackend.ts';
import { dispatch } from './dispatch.ts';
import { methodTable } from './methods.ts';

const table = methodTable(new FakeBackend());
const hidden: unknown[] = [];

/** The tests look into whatever JSON comes back. */
async function call(method: string, ...params: unknown[]): Promise<ReturnType<typeof JSON.parse>> {
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const deps = { method: (name: string) => table[name], onHiddenError: (error: unknown) => hidden.push(error) };
  return JSON.parse((await dispatch(text, { batchLimit: 1 }, deps)) ?? 'null');
}

const signed = (sequence: number) => {
  const announcement = exampleAnnouncement({ sequence });
  return signedAnnouncementJson.encode({ ...ANNOUNCED, announcement });
};

describe('engram_announce', () => {
  it('takes a signed document and answers its sequence', async () => {
    expect((await call('engram_announce', signed(7))).result).toEqual({ sequence: 7 });
  });

  it('names what is wrong, each class by its number', async () => {
    const refusal = async (...params: unknown[]) => {
      const { error } = await call('engram_announce', ...params);
      return [error.code, error.data.code];
    };
    expect(await refusal(signed(0))).toEqual([-32000, 'OLD_SEQUENCE']);
    expect(await refusal(signed(2))).toEqual([-32005, 'TOO_SOON']);
    expect(await refusal({})).toEqual([-32000, 'MALFORMED_BYTES']);
    expect(await refusal('text')).toEqual([-32000, 'MALFORMED_BYTES']);
    expect(await refusal()).toEqual([-32602, 'INVALID_PARAMS']);
    expect(await refusal(signed(1), 5)).toEqual([-32602, 'INVALID_PARAMS']);
    expect(hidden).toEqual([]);
  });
});

describe('engram_getAnnouncements', () => {
  it('answers signed documents, amounts as decimal strings', async () => {
    const { result } = await call('engram_getAnnouncements');
    expect(result).toEqual([JSON.parse(JSON.stringify(signedAnnouncementJson.encode(ANNOUNCED)))]);
    expect(result[0].document.capabilities[0].price).toBe('1000000000000');
    expect((await call('engram_getAnnouncements', { agent: 8 })).result).toEqual([]);
    expect(
      (await call('engram_getAnnouncements', { agent: 9, service: 1, model: 2, after: 3, limit: 256 })).result,
    ).toEqual(result);
  });

  it('refuses other filters', async () => {
    for (const filter of [{ limit: 0 }, { limit: 257 }, { agent: -1 }, { after: 2 ** 24 }, { owner: 3 }, null, 5]) {
      const { error } = await call('engram_getAnnouncements', filter);
      expect([error.code, error.data.code]).toEqual([-32602, 'INVALID_PARAMS']);
    }
  });
});
