import { expect } from 'vitest';
import { FakeClock } from '../../chain/testing/fakeClock.ts';
import { keyAccount } from '../../protocol/account.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor, signed, TEST_DOMAIN, TEST_TIME, transfer } from '../../protocol/testing/actors.ts';
import type { Account, AccountIndex, SignedTx } from '../../protocol/types.ts';
import { MempoolError } from '../errors.ts';
import { FeePolicy } from '../feePolicy.ts';
import { type DroppedTx, Mempool, type MempoolDeps, type MempoolOptions } from '../mempool.ts';

export const ALICE = actor(2);
export const BOB = actor(3);

export interface PoolWorld {
  readonly pool: Mempool;
  readonly accounts: Map<AccountIndex, Account>;
  readonly dropped: DroppedTx[];
  readonly clock: FakeClock;
  readonly bump: (index: number) => void;
}

/** Accounts: Alice 2, Bob 3, and Bob 4 in token 7, with 1000 each; rules and signatures always hold unless `deps` says otherwise. */
export function poolWorld(options: Partial<MempoolOptions> = {}, deps: Partial<MempoolDeps> = {}): PoolWorld {
  const accounts = new Map<AccountIndex, Account>();
  accounts.set(accountIndex(2), keyAccount({ ...ALICE, token: 0, balance: 1000n }));
  accounts.set(accountIndex(3), keyAccount({ ...BOB, token: 0, balance: 1000n }));
  accounts.set(accountIndex(4), keyAccount({ ...BOB, token: 7, balance: 1000n }));
  const clock = new FakeClock(TEST_TIME * 1000);
  const pool = new Mempool(
    { domain: TEST_DOMAIN, ...options },
    {
      clock,
      fees: new FeePolicy(),
      account: (index) => accounts.get(index),
      check: () => undefined,
      verify: async (items) => items.map(() => true),
      ...deps,
    },
  );
  const dropped: DroppedTx[] = [];
  pool.onDropped = (drop) => void dropped.push(drop);
  const bump = (index: number): void => {
    const account = accounts.get(accountIndex(index));
    if (account !== undefined) accounts.set(accountIndex(index), { ...account, nonce: account.nonce + 1 });
  };
  return { pool, accounts, dropped, clock, bump };
}

export function pay(
  nonce: number,
  more: { fee?: bigint; amount?: bigint; signer?: number; validUntil?: number; to?: number } = {},
): SignedTx {
  const { fee = 1n, amount = 1n, signer = 2, validUntil = TEST_TIME + 100, to = 3 } = more;
  return signed(signer === 2 ? ALICE : BOB, {
    signer,
    nonce,
    validUntil,
    ops: [transfer(signer, to, amount, { fee })],
  });
}

export async function expectPoolCode(act: Promise<unknown>, code: string): Promise<void> {
  const error = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toSatisfy((thrown) => thrown instanceof MempoolError || thrown instanceof ProtocolError);
  expect((error as MempoolError).code).toBe(code);
}

/** Nonces per signer in the order in which a block would take them. */
export function order(pool: Mempool): [number, number][] {
  const selection = pool.select();
  const taken: [number, number][] = [];
  for (let entry = selection.peek(); entry !== undefined; entry = selection.peek()) {
    taken.push([entry.tx.signer, entry.tx.nonce]);
    selection.accept();
  }
  return taken;
}
