import { beforeEach, describe, expect, it } from 'vitest';
import { failure, OracleWorld, PROVIDERS } from '../../genesis/testing/oracleWorld.ts';
import { answerCost, answerGas, COMMIT_GAS } from './answerGas.ts';

/** What one transaction of the lane may use. */
const TRANSACTION_GAS = 2n ** 24n;

let world: OracleWorld;
beforeEach(async () => {
  world = await OracleWorld.create();
});

describe('gas for an answer', () => {
  it.each([
    { quorum: 1, callbackGas: 0, outputBytes: 0 },
    { quorum: 1, callbackGas: 0, outputBytes: 4_096 },
    { quorum: 3, callbackGas: 100_000, outputBytes: 100 },
    { quorum: 8, callbackGas: 0, outputBytes: 0 },
    { quorum: 8, callbackGas: 5_000_000, outputBytes: 4_096 },
  ])('is enough for the one that completes the quorum, with a callback that eats all of its own: %o', async (terms) => {
    const { quorum, callbackGas, outputBytes } = terms;
    const output = new Uint8Array(outputBytes).fill(0xff);
    const price = 1_000n;
    // Not divisible: the asker is credited, too.
    const fee = price * BigInt(quorum) + BigInt(quorum) - 1n;
    const asked = { providers: PROVIDERS.slice(0, quorum), quorum, callbackGas, fee };
    expect(failure(await world.askBy('Burner', asked))).toBe('success');
    const gasLimit = answerGas(terms);
    expect(gasLimit).toBeLessThan(TRANSACTION_GAS);
    for (const provider of PROVIDERS.slice(0, quorum)) {
      expect(failure(await world.answer(1, provider, { output, price, gasLimit }))).toBe('success');
    }
    expect(await world.status(1)).toBe(2);
  });

  it('and its commitment is what was reckoned with: a first one, and one that makes a block', async () => {
    const receipt = world.receipt(1, PROVIDERS[0] ?? 0);
    const { gasUsed: first } = await world.commit(receipt);
    const { gasUsed: again } = await world.commit(receipt);
    expect(first).toBeLessThan(COMMIT_GAS);
    const terms = { quorum: 2, callbackGas: 0, outputBytes: 5 };
    expect(answerCost(terms) - answerGas(terms)).toBeGreaterThan(first + again);
    const alone = { ...terms, quorum: 1 };
    expect(answerCost(alone)).toBe(answerGas(alone));
  });

  it('is not far more than is used: what pays for itself is answered', async () => {
    await world.ask({ quorum: 2 });
    await world.answer(1, PROVIDERS[0] ?? 0);
    const { gasUsed } = await world.answer(1, PROVIDERS[1] ?? 0);
    const gas = answerGas({ quorum: 2, callbackGas: 0, outputBytes: 5 });
    expect(gas).toBeGreaterThan(gasUsed);
    expect(gas).toBeLessThan(2n * gasUsed);
  });
});
