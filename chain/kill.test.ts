import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { accountIndex } from '../protocol/ids.ts';
import { openLevel } from './db.ts';
import { openLedger } from './testing/fixture.ts';
import { tempDb } from './testing/tempDb.ts';

const CHILD = fileURLToPath(new URL('./testing/killChild.ts', import.meta.url));
const TYPESCRIPT = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href;

let temp: Awaited<ReturnType<typeof tempDb>>;

beforeEach(async () => {
  temp = await tempDb();
});

afterEach(() => temp.remove());

/** Runs the process until it told of `count` blocks, kills it with SIGKILL, and returns all blocks it told of. */
async function runAndKill(path: string, count: number): Promise<Map<bigint, bigint>> {
  const child = fork(CHILD, [path], { execArgv: ['--import', TYPESCRIPT] });
  const accepted = new Map<bigint, bigint>();
  const killed = once(child, 'exit');
  child.on('message', (message: { number: string; hash: string }) => {
    accepted.set(BigInt(message.number), BigInt(message.hash));
    if (accepted.size === count) child.kill('SIGKILL');
  });
  expect(await killed).toEqual([null, 'SIGKILL']);
  return accepted;
}

it('a process killed with -9, again and again, leaves every accepted block, and needs no repair', async () => {
  const accepted = new Map<bigint, bigint>();
  for (const count of [1, 2, 3, 5, 8]) {
    await temp.db.close();
    for (const [number, hash] of await runAndKill(temp.path, count)) accepted.set(number, hash);
    const db = await openLevel(temp.path);
    temp = { ...temp, db };
    const { store, ledger } = await openLedger(db, ['dev']);
    expect(store.head.block).toBeGreaterThanOrEqual(Math.max(...[...accepted.keys()].map(Number)));
    for (const [number, hash] of accepted) expect((await store.block(number))?.hash).toBe(hash);
    // One account a block, holding the block's number.
    for (let number = 1; BigInt(number) <= store.head.block; number += 1) {
      expect(ledger.account(accountIndex(number))?.balance).toBe(BigInt(number));
    }
  }
  expect(accepted.size).toBeGreaterThanOrEqual(1 + 2 + 3 + 5 + 8);
});
