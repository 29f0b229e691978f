import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { put } from '../../chain/db.ts';
import { ChainError } from '../../chain/errors.ts';
import { openIndexFolder } from './indexFolder.ts';

let parent: string;
let folder: string;
const told: unknown[] = [];
const log = { warn: (fields: unknown) => void told.push(fields) };
const open = () => openIndexFolder(folder, async (db) => db.get('a'), { log });

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'engram-index-'));
  folder = join(parent, 'explorer');
  told.length = 0;
  const { db } = await open();
  await db.write([put('a', '1')]);
  await db.close();
});
afterEach(() => rm(parent, { recursive: true }));

describe('the folder of an index', () => {
  it('that is whole is opened as it is', async () => {
    const { db, opened } = await open();
    await db.close();
    expect([opened, told.length]).toEqual(['1', 0]);
  });

  it.each(['CURRENT', 'MANIFEST'])('whose %s is damaged is made anew', async (which) => {
    for (const name of await readdir(folder)) {
      if (name.startsWith(which)) await writeFile(join(folder, name), Buffer.alloc(200, 7));
    }
    const { db, opened } = await open();
    await db.close();
    expect([opened, told.length]).toEqual([undefined, 1]);
  });

  it('that lost its manifest, or is a file, is made anew', async () => {
    await writeFile(join(folder, 'CURRENT'), 'MANIFEST-000099\n');
    await (await open()).db.close();
    await rm(folder, { recursive: true });
    await writeFile(folder, 'a file');
    await (await open()).db.close();
    expect(told).toHaveLength(2);
  });

  it('whose records are refused is made anew once', async () => {
    const refuse = async (): Promise<never> => {
      throw new ChainError('STORE_CORRUPT', {});
    };
    await expect(openIndexFolder(folder, refuse, { log })).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    const { db, opened } = await open();
    await db.close();
    expect(opened).toBeUndefined();
  });

  it('that another has is left alone', async () => {
    const { db } = await open();
    await expect(open()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect([await db.get('a'), told.length]).toEqual(['1', 0]);
    await db.close();
  });
});
