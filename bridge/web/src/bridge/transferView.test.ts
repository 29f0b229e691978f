import { describe, expect, it } from 'vitest';
import { en } from '../texts/en.ts';
import { STEPS_OF, type StepName, type Transfer, type TransferKind } from '../transfers/types.ts';
import { changes, intentOf, isLost, leftText, roughly, statusOf } from './transferView.ts';

const words = en.bridge;

/** A transfer whose steps are done up to `done`. */
function transfer(kind: TransferKind, done: StepName | undefined, rest: Partial<Transfer> = {}): Transfer {
  const names = STEPS_OF[kind];
  const last = done === undefined ? -1 : names.indexOf(done);
  const steps = names.map((name, i) => {
    const state = i <= last ? ('done' as const) : i === last + 1 ? ('now' as const) : ('todo' as const);
    return { name, state };
  });
  return { id: `${kind}:1`, kind, token: 0, startedAt: 0, steps, isFinished: last === names.length - 1, ...rest };
}

describe('statusOf', () => {
  it.each([
    ['deposit', 'sent', words.status.sent],
    ['deposit', 'onL1', words.status.onL1],
    ['deposit', 'inBlock', words.status.committed],
    ['deposit', 'committed', words.status.proven],
    ['deposit', 'proven', words.status.finished],
    ['exit', 'sent', words.status.inBlock],
    ['exit', 'inBlock', words.status.committed],
    ['exit', 'proven', words.status.claimable],
    ['escape', 'sent', words.status.sent],
    ['forcedExit', 'onL1', words.status.onL1],
  ] as const)('%s after %s: %s', (kind, done, text) => {
    expect(statusOf(transfer(kind, done), words).text).toBe(text);
  });

  it('says that the wallet was asked while it has not answered', () => {
    expect(statusOf(transfer('deposit', undefined), words).text).toBe(words.status.asked);
  });

  it.each(['claim', 'withdraw'] as const)('asks for the user when only the user can go on (%s)', (action) => {
    expect(statusOf(transfer('exit', 'claimable', { action }), words)).toEqual({
      text: words.status.claimed,
      tone: 'warning',
    });
  });

  it.each(['refund', 'freeze'] as const)('asks for the user to %s', (action) => {
    expect(statusOf(transfer('deposit', 'onL1', { action }), words).text).toBe(words.status.attention);
  });

  it('calls what ended badly failed', () => {
    const steps = [{ name: 'sent', state: 'failed' }] as const;
    expect(statusOf(transfer('deposit', 'sent', { steps, isFinished: true }), words).tone).toBe('danger');
    const trouble = { code: 'EXIT_VOID' };
    expect(statusOf(transfer('forcedExit', 'claimed', { trouble }), words).text).toBe(words.status.failed);
  });
});

describe('lost intents', () => {
  const trouble = { code: 'MAYBE_SENT' };
  it('are those that nobody but the user knows of', () => {
    expect(isLost({ id: 'intent:a1', trouble })).toBe(true);
    expect(isLost({ id: 'intent:a1' })).toBe(false);
    expect(isLost({ id: 'deposit:1', trouble })).toBe(false);
  });

  it('have the id that is forgotten', () => {
    expect(intentOf({ id: 'intent:a1' })).toBe('a1');
    expect(intentOf({ id: 'deposit:1' })).toBeUndefined();
  });
});

describe('leftText', () => {
  it.each([
    [3, words.list.soon],
    [-20, words.list.late],
    [61, 'about 2 minutes left'],
    [17, 'about 20 seconds left'],
    [4_000, 'about 1 hour left'],
  ])('%i seconds: %s', (expectedSeconds, text) => {
    expect(leftText(transfer('deposit', 'onL1', { expectedSeconds }), words, 'en')).toBe(text);
  });

  it('says nothing where nobody can tell, or all is done', () => {
    expect(leftText(transfer('deposit', 'onL1'), words, 'en')).toBeUndefined();
    expect(leftText(transfer('deposit', 'proven', { expectedSeconds: 9 }), words, 'en')).toBeUndefined();
  });

  it('never promises less than it takes', () => {
    for (let seconds = 1; seconds < 100_000; seconds += 37) expect(roughly(seconds)).toBeGreaterThanOrEqual(seconds);
  });
});

describe('changes', () => {
  it('tells what changed, not what is new or gone', () => {
    const before = new Map([
      ['a', 'sent'],
      ['b', 'sent'],
      ['gone', 'sent'],
    ]);
    const after = new Map([
      ['a', 'sent'],
      ['b', 'proven'],
      ['new', 'sent'],
    ]);
    expect(changes(before, after)).toEqual([['b', 'proven']]);
  });
});
