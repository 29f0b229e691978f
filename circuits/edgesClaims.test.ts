/** Honest claims at the limits of the rules: what TypeScript applies, the circuit accepts, with the same root. */
import { beforeAll, describe, expect, test } from 'vitest';
import { SHAPES } from '../protocol/shapes.ts';
import { claim, close as closeOp, exit, transfer } from '../protocol/testing/actors.ts';
import { expectRefused } from '../protocol/testing/expectRefused.ts';
import { by } from '../protocol/testing/market.ts';
import type { Field } from '../protocol/types.ts';
import {
  balances,
  change,
  LAST_INDEX,
  LAST_NONCE,
  look,
  MOST,
  modelled,
  prove,
  putChannel,
  putKey,
  putModel,
  smallCircuit,
  voucherKey,
} from './test/handwritten.ts';
import { alice, at, bob, CHANNEL, channelTree, dave, FEES, MODEL, OVER, SECOND_CHANNEL } from './test/scenario.ts';

beforeAll(async () => {
  await smallCircuit();
}, 300_000);

describe('CLAIM', () => {
  test('of nothing: delta 0, twice; only the claims’ number moves', async () => {
    const tree = channelTree();
    const again = claim(CHANNEL, 2, { ...modelled, total: 300n, claimed: 300n });
    await prove(tree, (batch) => batch.applyTx(by(batch, bob, 2, again, again)));
    expect(look(tree, CHANNEL)).toMatchObject({ balance: 1000n, claimed: 300n, nonce: 4 });
    expect(balances(tree, 2, MODEL)).toEqual([500n, 11n]);
  });

  test('royalties of 0 and 10000 basis points: all or nothing for the provider', async () => {
    const tree = channelTree();
    putModel(tree, 10);
    putModel(tree, 11, { royaltyBps: 10_000 });
    putChannel(tree, 12, { model: at(10) }, { balance: 40n });
    putChannel(tree, 13, { model: at(11) }, { balance: 50n });
    await prove(tree, (batch) =>
      batch.applyTx(
        by(
          batch,
          bob,
          2,
          claim(12, 2, { voucherKey, total: 40n }),
          claim(13, 2, { voucherKey, royaltyBps: 10_000, total: 49n }),
        ),
      ),
    );
    expect(balances(tree, 2, 10, 11, 12, 13)).toEqual([540n, 0n, 49n, 0n, 1n]);
  });

  test('rounding at both ends: a remainder of 9999, and none', async () => {
    const tree = channelTree();
    putModel(tree, 11, { royaltyBps: 9999 });
    putChannel(tree, 13, { model: at(11) }, { balance: 10_001n });
    const of = { voucherKey, royaltyBps: 9999 };
    await prove(tree, (batch) =>
      batch.applyTx(
        by(batch, bob, 2, claim(13, 2, { ...of, total: 1n }), claim(13, 2, { ...of, total: 10_001n, claimed: 1n })),
      ),
    );
    expect(balances(tree, 2, 11, 13)).toEqual([502n, 9999n, 0n]);
  });

  test('the whole balance, a payment into the channel, all of that too: one bundle that ends with a claim', async () => {
    const tree = channelTree();
    await prove(tree, (batch) =>
      batch.applyTx(
        by(
          batch,
          bob,
          2,
          claim(CHANNEL, 2, { ...modelled, total: 1300n, claimed: 300n }),
          transfer(2, CHANNEL, 80n),
          claim(CHANNEL, 2, { ...modelled, total: 1380n, claimed: 1300n }),
        ),
      ),
    );
    expect(look(tree, CHANNEL)).toMatchObject({ balance: 0n, claimed: 1380n, nonce: 4 });
    expect(balances(tree, 2, MODEL)).toEqual([500n + 975n - 80n + 78n, 11n + 27n]);
  });

  test('two channels by turns, among other ops, all signature slots used', async () => {
    const tree = channelTree();
    await prove(tree, (batch) => {
      batch.applyTx(
        by(
          batch,
          bob,
          2,
          transfer(2, 1, 1n),
          claim(CHANNEL, 2, { ...modelled, total: 400n, claimed: 300n }),
          claim(SECOND_CHANNEL, 2, { voucherKey, total: 70n }),
          claim(CHANNEL, 2, { ...modelled, total: 401n, claimed: 400n }),
          exit(MODEL, 5n, 1n),
        ),
      );
      expect(batch.counts.signatures).toBe(SHAPES.small.S);
    });
    expect(balances(tree, 2, MODEL, CHANNEL, SECOND_CHANNEL)).toEqual([500n - 1n + 98n + 70n + 1n, 12n, 899n, 0n]);
  });

  test('the fee is all of it', async () => {
    const tree = channelTree();
    await prove(tree, (batch) => {
      batch.nameFeeAccount(at(FEES));
      batch.applyTx(by(batch, bob, 2, claim(SECOND_CHANNEL, 2, { voucherKey, total: 70n, fee: 70n })));
    });
    expect(balances(tree, 2, FEES, SECOND_CHANNEL)).toEqual([500n, 80n, 0n]);
  });

  test('the provider is payer, owner of the model and fee account as well', async () => {
    const tree = channelTree();
    putChannel(tree, 12, { payer: at(2), model: at(MODEL) }, { balance: 400n });
    await prove(tree, (batch) => {
      batch.nameFeeAccount(at(2));
      batch.applyTx(by(batch, bob, 2, claim(12, 2, { ...modelled, total: 400n, fee: 100n }), transfer(MODEL, 2, 11n)));
    });
    expect(balances(tree, 2, MODEL, 12)).toEqual([500n + 290n + 100n + 11n, 10n, 0n]);
  });

  test('claimed up to 2^96 − 1', async () => {
    const tree = channelTree();
    putChannel(tree, 12, {}, { balance: 3n, claimed: MOST - 2n, nonce: 7 });
    const all = claim(12, 2, { voucherKey, total: MOST, claimed: MOST - 2n });
    const more = { ...all, op: { ...all.op, payload: [(MOST + 1n) as Field], amount: 1n } };
    await prove(tree, (batch) => {
      batch.applyTx(by(batch, bob, 2, all));
      expectRefused(batch, 'AMOUNT_OUT_OF_RANGE', () => batch.applyTx(by(batch, bob, 2, more)));
    });
    expect(look(tree, 12)).toMatchObject({ balance: 1n, claimed: MOST });
  });

  test.each([9999, 10_000])('2^96 − 1 at once, of which the model gets %i basis points', async (royaltyBps) => {
    const tree = channelTree();
    change(tree, 2, { token: 65535, balance: 0n });
    putModel(tree, 11, { royaltyBps }, { token: 65535 });
    putChannel(tree, 12, { model: at(11) }, { token: 65535, balance: MOST });
    await prove(tree, (batch) =>
      batch.applyTx(by(batch, bob, 2, claim(12, 2, { voucherKey, royaltyBps, total: MOST }))),
    );
    const royalty = (MOST * BigInt(royaltyBps)) / 10_000n;
    expect(balances(tree, 2, 11, 12)).toEqual([MOST - royalty, royalty, 0n]);
  });

  test('the last nonces: of a channel and of a KEY account', async () => {
    const tree = channelTree();
    change(tree, CHANNEL, { nonce: LAST_NONCE - 1 });
    change(tree, 2, { nonce: LAST_NONCE - 2 });
    const next = (claimed: bigint) => claim(CHANNEL, 2, { ...modelled, total: claimed + 1n, claimed });
    await prove(tree, (batch) => {
      const twice = by(batch, bob, 2, next(300n), next(301n));
      expectRefused(batch, 'NONCE_EXHAUSTED', () => batch.applyTx(twice));
      batch.applyTx(by(batch, bob, 2, next(300n)));
      expectRefused(batch, 'NONCE_EXHAUSTED', () => batch.applyTx(by(batch, bob, 2, next(301n))));
      batch.applyTx(by(batch, bob, 2, transfer(2, 1, 1n)));
      expectRefused(batch, 'NONCE_EXHAUSTED', () => batch.applyTx(by(batch, bob, 2, transfer(2, 1, 1n))));
    });
    expect([look(tree, CHANNEL)?.nonce, look(tree, 2)?.nonce]).toEqual([LAST_NONCE, LAST_NONCE]);
  });

  test('all parties at the end of the tree', async () => {
    const tree = channelTree();
    putKey(tree, LAST_INDEX, dave);
    putModel(tree, LAST_INDEX - 1, { royaltyBps: 5000, owner: at(LAST_INDEX) });
    const terms = { provider: at(LAST_INDEX), payer: at(LAST_INDEX), model: at(LAST_INDEX - 1) };
    putChannel(tree, LAST_INDEX - 2, terms, { balance: 9n });
    await prove(tree, (batch) =>
      batch.applyTx(
        by(batch, dave, LAST_INDEX, claim(LAST_INDEX - 2, LAST_INDEX, { voucherKey, royaltyBps: 5000, total: 9n })),
      ),
    );
    expect(balances(tree, LAST_INDEX, LAST_INDEX - 1, LAST_INDEX - 2)).toEqual([5n, 4n, 0n]);
  });

  test('in the last second; a second later only CLOSE', async () => {
    const last = channelTree();
    await prove(
      last,
      (batch) => {
        const close = closeOp(CHANNEL, 1, 5n);
        expectRefused(batch, 'CHANNEL_NOT_OVER', () => batch.applyTx(by(batch, alice, 1, close)));
        batch.applyTx(by(batch, bob, 2, claim(CHANNEL, 2, { ...modelled, total: 1300n, claimed: 300n })));
      },
      OVER - 1,
    );
    const over = channelTree();
    await prove(
      over,
      (batch) => {
        const late = claim(CHANNEL, 2, { ...modelled, total: 1300n, claimed: 300n });
        expectRefused(batch, 'CHANNEL_OVER', () => batch.applyTx(by(batch, bob, 2, late)));
        batch.applyTx(by(batch, alice, 1, closeOp(CHANNEL, 1, 1000n)));
      },
      OVER,
    );
    expect([look(last, CHANNEL)?.claimed, balances(over, 1)]).toEqual([1300n, [2000n]]);
  });
});
