import type { Address, PublicClient } from 'viem';
import { describe, expect, it } from 'vitest';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { RecoveryError } from '../recovery/errors.ts';
import type { LedgerOptions, RecoveredLedger, Recovery } from '../recovery/types.ts';
import { lazyRecovery } from './lazyRecovery.ts';

const OWNER: Address = `0x${'11'.repeat(20)}`;
const LEDGER: RecoveredLedger = { batch: 3, isFrozen: false, accounts: [], exits: [] };
// nothing of them is used by the fake
const options = { config: {} as WebConfig, l1: {} as PublicClient };

/** A replay that waits to be told how it ends. */
function fake() {
  let opened = 0;
  let stopped = 0;
  const calls: { options: LedgerOptions; end(): void; fail(error: unknown): void }[] = [];
  const recovery: Recovery = {
    ledger: (_, ledgerOptions = {}) =>
      new Promise((resolve, reject) => {
        ledgerOptions.signal?.addEventListener('abort', () => reject(new RecoveryError('ABORTED')));
        calls.push({ options: ledgerOptions, end: () => resolve(LEDGER), fail: reject });
      }),
    prove: () => Promise.reject(new RecoveryError('UNKNOWN_ACCOUNT', { index: 1 })),
    stop: () => {
      stopped += 1;
    },
  };
  const lazy = lazyRecovery(options, async () => {
    opened += 1;
    return recovery;
  });
  return { lazy, calls, counts: () => ({ opened, stopped }) };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof RecoveryError ? error.code : 'other'),
  );

describe('lazyRecovery', () => {
  it('is not opened before it is used, and once', async () => {
    const { lazy, calls, counts } = fake();
    expect(counts().opened).toBe(0);
    const both = [lazy.ledger(OWNER), lazy.ledger(OWNER)];
    await turn();
    for (const call of calls) call.end();
    expect(await Promise.all(both)).toEqual([LEDGER, LEDGER]);
    expect(counts().opened).toBe(1);
  });

  it('shows how far it is, then that it is done; later replays are silent', async () => {
    const { lazy, calls } = fake();
    const seen: string[] = [];
    lazy.subscribe(() => seen.push(`${lazy.reading().phase} ${lazy.reading().progress?.batch ?? ''}`));
    const first = lazy.ledger(OWNER);
    await turn();
    calls[0]?.options.onProgress?.({ batch: 2, of: 3 });
    calls[0]?.end();
    await first;
    const second = lazy.ledger(OWNER);
    await turn();
    calls[1]?.options.onProgress?.({ batch: 3, of: 3 });
    calls[1]?.end();
    await second;
    expect(seen).toEqual(['reading ', 'reading 2', 'done ', 'done ']);
  });

  it('stops at once when the user says so, and stays so until asked for again', async () => {
    const { lazy, calls } = fake();
    const running = codeOf(lazy.ledger(OWNER));
    await turn();
    lazy.cancel();
    expect(await running).toBe('ABORTED');
    expect(lazy.reading().phase).toBe('stopped');
    expect(await codeOf(lazy.ledger(OWNER))).toBe('ABORTED');
    expect(calls).toHaveLength(1);
    lazy.resume();
    const again = lazy.ledger(OWNER);
    await turn();
    calls[1]?.end();
    expect(await again).toEqual(LEDGER);
  });

  it('tells why it failed, and tries again', async () => {
    const { lazy, calls } = fake();
    const running = codeOf(lazy.ledger(OWNER));
    await turn();
    calls[0]?.fail(new RecoveryError('L1_LOGS_REFUSED'));
    expect(await running).toBe('L1_LOGS_REFUSED');
    expect(lazy.reading()).toMatchObject({ phase: 'failed', error: { code: 'L1_LOGS_REFUSED' } });
    const again = lazy.ledger(OWNER);
    expect(lazy.reading().phase).toBe('reading');
    await turn();
    calls[1]?.end();
    await again;
    expect(lazy.reading().phase).toBe('done');
  });

  it('opens anew after a stop, and can be stopped twice', async () => {
    const { lazy, calls, counts } = fake();
    void lazy.ledger(OWNER);
    await turn();
    calls[0]?.end();
    lazy.stop();
    lazy.stop();
    await turn();
    expect(counts()).toEqual({ opened: 1, stopped: 1 });
    void lazy.ledger(OWNER);
    await turn();
    expect(counts().opened).toBe(2);
  });

  it('passes on what a proof fails with', async () => {
    const { lazy } = fake();
    expect(await codeOf(lazy.prove(1))).toBe('UNKNOWN_ACCOUNT');
  });
});
