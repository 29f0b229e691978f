import { describe, expect, it } from 'vitest';
import { packChannel } from '../protocol/account.ts';
import { type SignedMessage, verifyMany } from '../protocol/crypto/eddsa.ts';
import { accountIndex, NO_ACCOUNT } from '../protocol/ids.ts';
import { actor, claim, signed, TEST_DOMAIN, TEST_TIME } from '../protocol/testing/actors.ts';
import { txHash } from '../protocol/tx.ts';
import { Kind, type SignedTx } from '../protocol/types.ts';
import type { MempoolDeps } from './mempool.ts';
import { BOB, expectPoolCode, type PoolWorld, pay, poolWorld } from './testing/poolWorld.ts';

/** Alice (2) pays Bob (3) over this channel; the vouchers are Carol's. */
const CHANNEL = accountIndex(8);
const CAROL = actor(4);

function channelWorld(verify: MempoolDeps['verify']): PoolWorld {
  const world = poolWorld({}, { verify });
  const c = packChannel({
    provider: accountIndex(3),
    payer: accountIndex(2),
    model: NO_ACCOUNT,
    expiry: TEST_TIME + 100,
  });
  const [a, b] = CAROL.key;
  world.accounts.set(CHANNEL, { kind: Kind.CHANNEL, token: 0, nonce: 0, balance: 1000n, claimed: 0n, a, b, c });
  return world;
}

/** Bob claims three vouchers at once. */
function claims(): SignedTx {
  const ops = [1n, 2n, 3n].map((total) =>
    claim(CHANNEL, 3, { voucherKey: CAROL, total, claimed: total - 1n, fee: total === 3n ? 1n : 0n }),
  );
  return signed(BOB, { signer: 3, nonce: 0, ops });
}

/** The same transaction, hence the same hash, with one voucher's signature in the place of another's. */
function withForgedVoucher(tx: SignedTx): SignedTx {
  const [first, , third] = tx.vouchers;
  if (first === undefined || third === undefined) throw new RangeError('three vouchers expected');
  const forged = { ...tx, vouchers: [first, first, third] };
  expect(txHash(forged, TEST_DOMAIN)).toBe(txHash(tx, TEST_DOMAIN));
  return forged;
}

/** Real verdicts; counts the signatures of each question. */
function counting(): { asked: number[]; verify: MempoolDeps['verify'] } {
  const asked: number[] = [];
  return {
    asked,
    verify: async (items) => {
      asked.push(items.length);
      return verifyMany(items);
    },
  };
}

describe('vouchers', () => {
  it('are checked after the signature of the transaction that claims them', async () => {
    const { asked, verify } = counting();
    const { pool } = channelWorld(verify);
    await pool.add(claims());
    expect(asked).toEqual([1, 3]);
  });

  it('of a transaction that its signer did not sign cost nobody a check', async () => {
    const { asked, verify } = counting();
    const { pool } = channelWorld(verify);
    const tx = claims();
    const unsigned = { ...tx, signature: pay(0, { signer: 3, to: 2 }).signature };
    await expectPoolCode(pool.add(unsigned), 'BAD_SIGNATURE');
    await expectPoolCode(pool.add(withForgedVoucher(unsigned)), 'BAD_SIGNATURE');
    expect(asked).toEqual([1, 1]);
    expect(pool.size).toBe(0);
  });

  it('cost nothing more where there are none', async () => {
    const { asked, verify } = counting();
    const { pool } = channelWorld(verify);
    await pool.add(pay(0));
    expect(asked).toEqual([1]);
  });
});

describe('somebody else’s copy of a transaction with a forged voucher', () => {
  it('that comes first does not spoil the hash', async () => {
    const { pool, dropped } = channelWorld(counting().verify);
    const tx = claims();
    await expectPoolCode(pool.add(withForgedVoucher(tx)), 'BAD_VOUCHER');
    expect(dropped).toEqual([]);
    const { hash } = await pool.add(tx);
    expect(pool.get(hash)?.tx.vouchers).toEqual(tx.vouchers);
  });

  it('that comes second is not taken in its place', async () => {
    const { pool, dropped } = channelWorld(counting().verify);
    const tx = claims();
    const { hash } = await pool.add(tx);
    await expectPoolCode(pool.add(withForgedVoucher(tx)), 'ALREADY_KNOWN');
    expect(pool.get(hash)?.tx.vouchers).toEqual(tx.vouchers);
    expect(dropped).toEqual([]);
  });

  it('that is still being checked neither holds up the true one nor takes it along', async () => {
    const waiting: (() => void)[] = [];
    const isHeld = (items: readonly SignedMessage[]): boolean =>
      items.length === 3 && !verifyMany(items).every(Boolean);
    const { pool, dropped } = channelWorld(async (items) => {
      if (isHeld(items)) await new Promise<void>((resolve) => waiting.push(resolve));
      return verifyMany(items);
    });
    const tx = claims();
    const forged = expectPoolCode(pool.add(withForgedVoucher(tx)), 'BAD_VOUCHER');
    const { hash } = await pool.add(tx);
    expect(waiting).toHaveLength(1);
    for (const resolve of waiting) resolve();
    await forged;
    expect(pool.get(hash)?.tx.vouchers).toEqual(tx.vouchers);
    expect(dropped).toEqual([]);
  });
});
