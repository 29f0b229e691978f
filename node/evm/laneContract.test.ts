import { expect, it } from 'vitest';
import { addBlock, openLedger } from '../../chain/testing/fixture.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { checkLaneContract } from './laneContract.ts';

const LANE = '0x00000000000000000000000000000000000000Aa';
const OTHER = '0x00000000000000000000000000000000000000bb';
const { key, address } = actor(1);

async function chain() {
  const opened = await openLedger(memoryDb());
  const block = () => addBlock(opened, { deposits: [{ opcode: 1, token: 0, amount: 1n, key, address }] });
  return { store: opened.store, block };
}

it.each([
  [LANE, OTHER],
  [LANE, undefined],
  [undefined, LANE],
] as const)('a chain whose blocks were made with %s does not go on with %s', async (first, second) => {
  const { store, block } = await chain();
  await checkLaneContract(first, { store });
  await block();
  await expect(checkLaneContract(second, { store })).rejects.toMatchObject({ code: 'WRONG_CHAIN' });
  await checkLaneContract(first, { store });
});

it('before the first block it may still be set right, and case is no difference', async () => {
  const { store, block } = await chain();
  await checkLaneContract(OTHER, { store });
  await checkLaneContract(LANE, { store });
  await block();
  await checkLaneContract('0x00000000000000000000000000000000000000aa', { store });
});
