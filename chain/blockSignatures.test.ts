import { expect, it } from 'vitest';
import { BlockSignatures } from './blockSignatures.ts';
import { tempDb } from './testing/tempDb.ts';

it('signatures are kept by number, until they are pruned', async () => {
  const { db, remove } = await tempDb();
  const signatures = new BlockSignatures({ db });
  for (const number of [1n, 2n, 255n, 256n])
    await signatures.putBlock(number, Uint8Array.of(Number(number % 250n), 255));
  for (const batch of [1, 2, 3]) await signatures.putClose(batch, Uint8Array.of(batch, 0));
  expect(await signatures.block(255n)).toEqual(Uint8Array.of(5, 255));
  expect(await signatures.close(2)).toEqual(Uint8Array.of(2, 0));
  expect(await signatures.block(3n)).toBeUndefined();
  await signatures.pruneBelow(256n, 3);
  expect(await Promise.all([1n, 2n, 255n].map((number) => signatures.block(number)))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(await signatures.block(256n)).toEqual(Uint8Array.of(6, 255));
  expect(await Promise.all([1, 2, 3].map((batch) => signatures.close(batch)))).toEqual([
    undefined,
    undefined,
    Uint8Array.of(3, 0),
  ]);
  await remove();
});
