import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

class Refusal extends Error {}
const isRefusal = (error: unknown): boolean => error instanceof Refusal;

function failing(error: Error): () => Promise<never> {
  return async () => {
    throw error;
  };
}

it('steps run one after another', async () => {
  const turns = new Turns({ areErrorsFatal: true });
  const said: string[] = [];
  const step = (name: string) => async () => {
    said.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    said.push(`${name} ends`);
  };
  await Promise.all([turns.run(step('one')), turns.run(step('two'))]);
  expect(said).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
});

it('after a failed step every later one fails with it, and none runs', async () => {
  const turns = new Turns({ areErrorsFatal: true });
  const error = new RangeError('disk');
  let ran = false;
  await expect(turns.run(failing(error))).rejects.toBe(error);
  const later = turns.attempt(
    async () => {
      ran = true;
    },
    { isRefusal },
  );
  await expect(later).rejects.toBe(error);
  expect(ran).toBe(false);
});

it('a refusal reaches the caller only; what is none is fatal', async () => {
  const turns = new Turns({ areErrorsFatal: true });
  await expect(turns.attempt(failing(new Refusal('no')), { isRefusal })).rejects.toThrow('no');
  expect(await turns.run(async () => 7)).toBe(7);
  await expect(turns.attempt(failing(new RangeError('disk')), { isRefusal })).rejects.toThrow('disk');
  await expect(turns.run(async () => 7)).rejects.toThrow('disk');
});

it('errors that are not fatal are forgotten', async () => {
  const turns = new Turns({ areErrorsFatal: false });
  await expect(turns.run(failing(new RangeError('L1')))).rejects.toThrow('L1');
  expect(await turns.run(async () => 7)).toBe(7);
});
