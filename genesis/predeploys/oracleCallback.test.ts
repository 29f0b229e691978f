import { beforeEach, describe, expect, it } from 'vitest';
import { prefixedHex } from '../../protocol/bytes.ts';
import { ORACLE } from '../../protocol/lane/addresses.ts';
import { ALICE, BOB } from '../testing/fixture.ts';
import type { Outcome } from '../testing/lane.ts';
import { ASKERS, controllerOf, failure, OracleWorld, OUTPUT, PROVIDERS } from '../testing/oracleWorld.ts';

const [ONE, TWO] = PROVIDERS as [number, number];

let world: OracleWorld;
beforeEach(async () => {
  world = await OracleWorld.create();
});

/** Asked by a contract, all but the last answer there. */
async function almost(asker: keyof typeof ASKERS, callbackGas = 300_000, fee = 101n): Promise<void> {
  expect(failure(await world.askBy(asker, { callbackGas, fee }))).toBe('success');
  expect(failure(await world.answer(1, ONE))).toBe('success');
}

const logCount = ({ logs }: Outcome) => logs.filter(({ address }) => address === ORACLE).length;
/** Answered, Resolved, and CallbackFailed if it did. */
const [WITHOUT_FAILURE, WITH_FAILURE] = [2, 3];

/** For a callback of a million. */
const NEEDED = 1_000_000 + Math.floor(1_000_000 / 63) + 15_000;

async function expectPaid(): Promise<void> {
  expect(await world.status(1)).toBe(2);
  expect(await world.credit(controllerOf(ONE))).toBe(50n);
  expect(await world.credit(controllerOf(TWO))).toBe(50n);
}

describe('the callback', () => {
  it('brings question and answer to the asker, from Oracle', async () => {
    await almost('Asker');
    const outcome = await world.answer(1, TWO);
    expect(logCount(outcome)).toBe(WITHOUT_FAILURE);
    expect(await world.readAsker('Asker', 'question')).toBe(1n);
    expect(await world.readAsker('Asker', 'answer')).toBe(prefixedHex(OUTPUT));
    await expectPaid();
  });

  it('of somebody else is not taken by the asker', async () => {
    const outcome = await world.send('Asker', 'onAnswer', [1n, '0x00']);
    expect(outcome.isSuccess).toBe(false);
  });

  it('is not made for a limit of 0, and an account without code is not called', async () => {
    await almost('Asker', 0);
    expect(logCount(await world.answer(1, TWO))).toBe(WITHOUT_FAILURE);
    expect(await world.readAsker('Asker', 'calls')).toBe(0n);
    await world.ask({ from: ALICE, callbackGas: 100_000 });
    await world.answer(2, ONE);
    expect(logCount(await world.answer(2, TWO))).toBe(WITHOUT_FAILURE);
  });

  it('has its whole limit, or the answer is refused: nobody starves it', async () => {
    await almost('Asker', 1_000_000);
    // From far too little up to the first limit that is enough: whatever an attacker picks below it undoes the answer.
    let outcome = await world.answer(1, TWO, { gasLimit: 1_000_000n });
    for (let gasLimit = 1_050_000n; !outcome.isSuccess; gasLimit += 500n) {
      expect(failure(outcome)).toBe(`NotEnoughGas(${NEEDED})`);
      expect(await world.status(1)).toBe(1);
      outcome = await world.answer(1, TWO, { gasLimit });
    }
    expect(logCount(outcome)).toBe(WITHOUT_FAILURE);
    expect(await world.readAsker('Asker', 'calls')).toBe(1n);
    // What solc's dispatch and the decoding take before the asker looks.
    expect(await world.readAsker('Asker', 'gasSeen')).toBeGreaterThan(995_000n);
  });

  it('of too little gas names what is needed', async () => {
    await almost('Asker', 1_000_000);
    const refused = await world.answer(1, TWO, { gasLimit: 900_000n });
    expect(failure(refused)).toBe(`NotEnoughGas(${NEEDED})`);
    expect(await world.status(1)).toBe(1);
  });

  it('that eats its gas stops nothing', async () => {
    await almost('Burner', 200_000);
    const outcome = await world.answer(1, TWO);
    expect(logCount(outcome)).toBe(WITH_FAILURE);
    expect(outcome.gasUsed).toBeLessThan(700_000n);
    await expectPaid();
  });

  it.each([true, false])(
    'that answers with half a megabyte costs no more than its limit (fails: %s)',
    async (fails) => {
      await world.send('Bomb', 'setFails', [fails]);
      await almost('Bomb', 1_000_000);
      const outcome = await world.answer(1, TWO);
      expect(logCount(outcome)).toBe(fails ? WITH_FAILURE : WITHOUT_FAILURE);
      expect(outcome.gasUsed).toBeLessThan(1_400_000n);
      await expectPaid();
    },
  );

  it('finds everything written down: it takes its credit once, and the question is over', async () => {
    await almost('Greedy', 500_000);
    expect(logCount(await world.answer(1, TWO))).toBe(WITHOUT_FAILURE + 1); // Withdrawn
    expect(await world.readAsker('Greedy', 'taken')).toBe(1n);
    expect(await world.readAsker('Greedy', 'failures')).toBe(3n);
    expect(await world.credit(ASKERS.Greedy)).toBe(0n);
    expect(await world.lane.balance(ORACLE)).toBe(100n);
    await expectPaid();
  });

  it('can bring the answer to another question', async () => {
    await almost('Relay', 2_000_000);
    await world.askBy('Relay', { callbackGas: 300_000 });
    await world.commit(world.receipt(2, TWO));
    await world.answer(2, ONE);
    await world.send('Relay', 'prepare', [2n, TWO, prefixedHex(OUTPUT), prefixedHex(world.receipt(2, TWO))]);
    expect(failure(await world.answer(1, TWO))).toBe('success');
    expect(await world.readAsker('Relay', 'calls')).toBe(2n);
    expect([await world.status(1), await world.status(2)]).toEqual([2, 2]);
    expect(await world.credit(controllerOf(TWO))).toBe(100n);
  });
});

describe('an asker', () => {
  it('that takes no ETH has its money sent elsewhere', async () => {
    await almost('Refuser');
    await world.answer(1, TWO);
    expect(await world.credit(ASKERS.Refuser)).toBe(1n);
    expect(failure(await world.send('Refuser', 'take', [ASKERS.Refuser]))).toMatch(/^TransferFailed\(/);
    expect(await world.credit(ASKERS.Refuser)).toBe(1n);
    expect(failure(await world.send('Refuser', 'take', [BOB]))).toBe('success');
    expect(await world.lane.balance(BOB)).toBe(1n);
  });

  it('gets its money once, however often it asks as it arrives', async () => {
    await almost('Reenterer');
    await world.answer(1, TWO);
    expect(failure(await world.send('Reenterer', 'take'))).toBe('success');
    expect(await world.lane.balance(ASKERS.Reenterer)).toBe(1n);
    expect(await world.readAsker('Reenterer', 'tries')).toBe(0n);
    expect(await world.lane.balance(ORACLE)).toBe(100n);
  });
});
