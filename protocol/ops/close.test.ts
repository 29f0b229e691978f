import { beforeEach, describe, expect, test } from 'vitest';
import { GRACE_SECONDS } from '../account.ts';
import { accountIndex } from '../ids.ts';
import type { OpenBatch } from '../openBatch.ts';
import { claim, close, exit, open, TEST_TIME, transfer } from '../testing/actors.ts';
import { expectRefused } from '../testing/expectRefused.ts';
import {
  AT,
  alice,
  balance,
  bob,
  by,
  close as closeBatch,
  dave,
  EXPIRY,
  look,
  market,
  openAt,
  wallet,
} from '../testing/market.ts';
import type { AccountTree } from '../tree.ts';
import type { Field, Op, SignedTx } from '../types.ts';

const OVER = EXPIRY + GRACE_SECONDS;

let tree: AccountTree;
let batch: OpenBatch;
beforeEach(() => {
  tree = market();
  batch = openAt(tree, OVER);
});

function bobs(...ops: Op[]): SignedTx {
  return by(batch, bob, AT.bob, ...ops);
}

describe('CLOSE', () => {
  test('pays what is left back to the payer; the account stays', () => {
    batch.nameFeeAccount(accountIndex(AT.fees));
    batch.applyTx(bobs(close(AT.channel, AT.bob, 9998n, 2n, [7n as Field])));
    expect(look(batch, AT.channel)).toMatchObject({ balance: 0n, claimed: 0n, nonce: 0 });
    expect(balance(batch, AT.bob)).toBe(69_998n);
    closeBatch(batch);
    expect(balance(tree, AT.fees)).toBe(2n);
  });

  test('can take a part, and the rest later, with what was added meanwhile', () => {
    batch.applyTx(bobs(close(AT.channel, AT.bob, 1n)));
    batch.applyTx(by(batch, alice, AT.alice, transfer(AT.alice, AT.channel, 5n)));
    batch.applyTx(bobs(close(AT.channel, AT.bob, 10_004n)));
    expect(balance(batch, AT.channel)).toBe(0n);
  });

  test('is refused until the grace is over, to the second', () => {
    for (const timestamp of [TEST_TIME, EXPIRY, OVER - 1]) {
      batch = openAt(tree, timestamp);
      expectRefused(batch, 'CHANNEL_NOT_OVER', () => batch.applyTx(bobs(close(AT.channel, AT.bob, 1n))));
    }
    batch = openAt(tree, OVER);
    batch.applyTx(bobs(close(AT.channel, AT.bob, 1n)));
    expect(balance(batch, AT.channel)).toBe(9999n);
  });

  test('racing a claim: there is no second at which both would be taken', () => {
    for (const timestamp of [OVER - 1, OVER]) {
      batch = openAt(tree, timestamp);
      const open = batch;
      const claims = claim(AT.plain, AT.dave, { voucherKey: wallet, total: 5n });
      const taken = [bobs(close(AT.plain, AT.bob, 1n)), by(batch, dave, AT.dave, claims)].map((tx) => {
        try {
          open.applyTx(tx);
          return true;
        } catch {
          return false;
        }
      });
      expect(taken).toEqual(timestamp === OVER ? [true, false] : [false, true]);
    }
  });

  test('a channel that was over when it opened can be closed in the same bundle', () => {
    const stale = open(AT.bob, 40, { provider: AT.dave, voucherKey: wallet, amount: 9n, expiry: 0 });
    batch.applyTx(bobs(stale, close(40, AT.bob, 9n)));
    expect(balance(batch, AT.bob)).toBe(60_000n);
  });

  test.each<[string, string, () => SignedTx]>([
    ['by the provider', 'NOT_AUTHORIZED', () => by(batch, dave, AT.dave, close(AT.channel, AT.dave, 1n))],
    ['by the provider, to the payer', 'NOT_AUTHORIZED', () => by(batch, dave, AT.dave, close(AT.channel, AT.bob, 1n))],
    ['by the payer, to someone else', 'NOT_AUTHORIZED', () => bobs(close(AT.channel, AT.dave, 1n))],
    ['by the payer, to 0', 'NOT_AUTHORIZED', () => bobs(close(AT.channel, 0, 1n))],
    ['by the voucher key', 'BAD_SIGNATURE', () => by(batch, wallet, AT.bob, close(AT.channel, AT.bob, 1n))],
    ['a channel that does not exist', 'UNKNOWN_ACCOUNT', () => bobs(close(50, AT.bob, 1n))],
    ['one’s own KEY account', 'WRONG_KIND', () => bobs(close(AT.bob, AT.bob, 1n))],
    ['one’s own model', 'WRONG_KIND', () => by(batch, alice, AT.alice, close(AT.model, AT.alice, 1n))],
    ['more than is left', 'INSUFFICIENT_BALANCE', () => bobs(close(AT.channel, AT.bob, 10_001n))],
    ['a fee without a lane', 'FEE_TOKEN_NOT_ACCEPTED', () => bobs(close(AT.channel, AT.bob, 1n, 1n))],
    ['TRANSFER instead', 'WRONG_KIND', () => bobs(transfer(AT.channel, AT.bob, 1n))],
    ['EXIT instead', 'WRONG_KIND', () => bobs(exit(AT.channel, 5n, 1n))],
  ])('%s → %s', (_, code, make) => {
    const tx = make();
    expectRefused(batch, code, () => batch.applyTx(tx));
  });
});
