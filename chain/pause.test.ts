import { expect, it } from 'vitest';
import { Pause } from './pause.ts';
import { FakeClock } from './testing/fakeClock.ts';

async function isOver(promise: Promise<void>): Promise<boolean> {
  let over = false;
  void promise.then(() => {
    over = true;
  });
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
  return over;
}

it('sleeps until the time is up, until it is woken, or until the signal', async () => {
  const clock = new FakeClock();
  const pause = new Pause({ clock });
  const { signal } = new AbortController();
  const first = pause.sleep(10, signal);
  expect(await isOver(first)).toBe(false);
  clock.advance(10);
  expect(await isOver(first)).toBe(true);
  const second = pause.sleep(10, signal);
  pause.wake();
  expect(await isOver(second)).toBe(true);
  const abort = new AbortController();
  const third = pause.sleep(10, abort.signal);
  abort.abort();
  expect(await isOver(third)).toBe(true);
});

it('does not sleep over a call that came while it was not sleeping, but over no two', async () => {
  const pause = new Pause({ clock: new FakeClock() });
  const { signal } = new AbortController();
  pause.wake();
  expect(await isOver(pause.sleep(10, signal))).toBe(true);
  expect(await isOver(pause.sleep(10, signal))).toBe(false);
});
