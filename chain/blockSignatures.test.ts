import { expect, it } from 'vitest';
import { BlockSignatures } from './blockSignatures.ts';
import { tempDb } from './testing/tempDb.ts';

/** A copy: the database gives Buffers. */
async function bytes(found: Promise<Uint8Array | undefined>): Promise<number[] | undefined> {
  const value = await found;
  return value && [...value];
}

it('signatures are kept by number, until they are pruned', async () => {
  const { db, remove } = await tempDb();
  const signatures = new BlockSignatures({ db });
  for (const number of [1n, 2n, 255n, 256n])
    await signatures.putBlock(number, Uint8Array.of(Number(number % 250n), 255));
  for (const batch of [1, 2, 3]) await signatures.putClose(batch, Uint8Array.of(batch, 0));
  expect(await bytes(signatures.block(255n))).toEqual([5, 255]);
  expect(await bytes(signatures.close(2))).toEqual([2, 0]);
  expect(await bytes(signatures.block(3n))).toBeUndefined();
  await signatures.pruneBelow(256n, 3);
  for (const number of [1n, 2n, 255n]) expect(await bytes(signatures.block(number))).toBeUndefined();
  for (const batch of [1, 2]) expect(await bytes(signatures.close(batch))).toBeUndefined();
  expect(await bytes(signatures.block(256n))).toEqual([6, 255]);
  expect(await bytes(signatures.close(3))).toEqual([3, 0]);
  await remove();
});
