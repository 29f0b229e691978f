import { afterEach, beforeEach, expect, it } from 'vitest';
import { EvmError } from '../../chain/evm/errors.ts';
import { silentLogger } from '../../chain/logger.ts';
import { addBlock, type Chain, openLedger } from '../../chain/testing/fixture.ts';
import { tempDb } from '../../chain/testing/tempDb.ts';
import { LEDGER_READ } from '../../protocol/lane/addresses.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { StatePruning } from './statePruning.ts';

let temp: Awaited<ReturnType<typeof tempDb>>;
let chain: Chain;

beforeEach(async () => {
  temp = await tempDb();
  chain = await openLedger(temp.db, ['dev']);
});

afterEach(() => temp.remove());

/** Every block writes the mirror of a new account: each has a state of its own. */
async function grow(blocks: number, history: StatePruning): Promise<void> {
  for (let i = 0; i < blocks; i += 1) {
    const { key, address } = actor(1);
    await addBlock(chain, { deposits: [{ opcode: 1, token: 0, amount: 5n, key, address }] });
    if ((chain.ledger.open?.batch.counts.l1Ops ?? 0) >= 8) await chain.ledger.close();
    history.onBlock();
  }
  await history.settled();
}

async function isThere(number: bigint): Promise<boolean> {
  const header = await chain.store.header(number);
  if (header === undefined) throw new TypeError('no such block');
  try {
    const account = await chain.lane.stateAt(header.stateRoot).account(LEDGER_READ);
    return account !== undefined;
  } catch (error) {
    if (error instanceof EvmError && error.code === 'STATE_MISSING') return false;
    throw error;
  }
}

it('keeps the states of the newest blocks and forgets older ones, also after a restart', async () => {
  const history = new StatePruning({ blocks: 4 }, { ...chain, log: silentLogger });
  await grow(7, history);
  expect(await isThere(1n)).toBe(true);
  await grow(2, history);
  expect(await isThere(1n)).toBe(false);
  for (let number = 6n; number <= 9n; number += 1n) expect(await isThere(number)).toBe(true);
  const again = await openLedger(temp.db, ['dev']);
  expect(again.lane.head.number).toBe(9n);
  chain = again;
  await grow(1, new StatePruning({ blocks: 4 }, { ...chain, log: silentLogger }));
  expect(await isThere(10n)).toBe(true);
});

it('keeps all states above the last block that L1 has: the chain may have to go back there', async () => {
  let safe: bigint | undefined;
  const history = new StatePruning({ blocks: 4 }, { ...chain, log: silentLogger, safeBlock: () => safe });
  await grow(9, history);
  expect(await isThere(1n)).toBe(true);
  safe = 2n;
  await history.prune();
  expect(await isThere(1n)).toBe(false);
  for (let number = 2n; number <= 9n; number += 1n) expect(await isThere(number)).toBe(true);
  safe = 9n;
  await history.prune();
  expect(await isThere(5n)).toBe(false);
  for (let number = 6n; number <= 9n; number += 1n) expect(await isThere(number)).toBe(true);
});
