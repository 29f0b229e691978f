import { describe, expect, it } from 'vitest';
import { put } from '../../chain/db.ts';
import { GroupCommit } from './groupCommit.ts';
import { MemoryDb } from './testing/memoryDb.ts';

describe('writes at the same time', () => {
  it('go to disk together, in order, and later ones overwrite', async () => {
    const db = new MemoryDb();
    const commits = new GroupCommit(db);
    await Promise.all(Array.from({ length: 100 }, (_, n) => commits.write([put(`k${n % 10}`, String(n))])));
    expect(db.writes).toBe(1);
    expect(await db.get('k3')).toBe('93');
  });

  it('wait while one is under way, and then go together', async () => {
    const db = new MemoryDb();
    const commits = new GroupCommit(db);
    let release: () => void = () => undefined;
    db.before = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const first = commits.write([put('a', '1')]);
    await new Promise((resolve) => setTimeout(resolve, 1));
    const others = [commits.write([put('a', '2')]), commits.write([put('b', '3')])];
    db.before = async () => undefined;
    release();
    await Promise.all([first, ...others]);
    expect([db.writes, await db.get('a'), await db.get('b')]).toEqual([2, '2', '3']);
  });

  it('that fail fail for all who were in them, and nobody else', async () => {
    const db = new MemoryDb();
    const commits = new GroupCommit(db);
    db.fails = new Error('disk full');
    const both = await Promise.allSettled([commits.write([put('a', '1')]), commits.write([put('b', '2')])]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await commits.write([put('c', '3')]);
    await commits.idle();
    expect(db.keys).toEqual(['c']);
  });
});
