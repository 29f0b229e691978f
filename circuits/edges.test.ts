/** Honest batches at the limits of the rules: what TypeScript applies, the circuit accepts, with the same root. Trees are written by hand. */
import { beforeAll, describe, expect, test } from 'vitest';
import { GRACE_SECONDS } from '../protocol/account.ts';
import { actor, attest, claim, close as closeOp, exit, open, register, transfer } from '../protocol/testing/actors.ts';
import { expectRefused } from '../protocol/testing/expectRefused.ts';
import { by } from '../protocol/testing/market.ts';
import type { Field } from '../protocol/types.ts';
import {
  balances,
  force,
  LAST_INDEX,
  LAST_SECOND,
  look,
  modelled,
  prove,
  putChannel,
  putKey,
  smallCircuit,
  voucherKey,
} from './test/handwritten.ts';
import {
  alice,
  at,
  bob,
  CHANNEL,
  carol,
  channelTree,
  dave,
  depositNew,
  EXPIRY,
  FEES,
  MODEL,
  OVER,
  openBatch,
} from './test/scenario.ts';

beforeAll(async () => {
  await smallCircuit();
}, 300_000);

describe('created and used in one batch', () => {
  const LINK = { voucherKey, provider: 2 };

  test('a channel, and its first claim by the provider', async () => {
    const tree = channelTree();
    await prove(tree, (batch) => {
      batch.applyTx(by(batch, alice, 1, open(1, 21, { ...LINK, amount: 60n, model: MODEL })));
      batch.applyTx(by(batch, bob, 2, claim(21, 2, { ...modelled, total: 60n })));
    });
    expect(look(tree, 21)).toMatchObject({ balance: 0n, claimed: 60n, nonce: 1 });
    expect(balances(tree, 2, MODEL)).toEqual([559n, 12n]);
  });

  test('a model, a channel for it to oneself, a claim: one bundle', async () => {
    const tree = channelTree();
    await prove(tree, (batch) =>
      batch.applyTx(
        by(
          batch,
          alice,
          1,
          attest(1, 20, { royaltyBps: 1000, amount: 3n }),
          open(1, 21, { ...LINK, provider: 1, amount: 60n, model: 20 }),
          claim(21, 1, { voucherKey, royaltyBps: 1000, total: 20n }),
          transfer(1, 21, 5n),
          claim(21, 1, { voucherKey, royaltyBps: 1000, total: 65n, claimed: 20n }),
          transfer(20, 1, 3n),
        ),
      ),
    );
    expect(look(tree, 21)).toMatchObject({ balance: 0n, claimed: 65n, nonce: 2 });
    expect(balances(tree, 1, 20)).toEqual([994n, 6n]);
  });

  test('a channel that is over when it is opened (expiry 0): closed in the same bundle, twice', async () => {
    const tree = channelTree();
    await prove(tree, (batch) => {
      batch.nameFeeAccount(at(FEES));
      const born = open(1, 21, { ...LINK, expiry: 0, amount: 60n });
      const claimed = claim(21, 2, { voucherKey, total: 1n });
      batch.applyTx(by(batch, alice, 1, born, closeOp(21, 1, 10n), closeOp(21, 1, 0n, 48n)));
      expectRefused(batch, 'CHANNEL_OVER', () => batch.applyTx(by(batch, bob, 2, claimed)));
    });
    expect(balances(tree, 1, 21, FEES)).toEqual([950n, 2n, 58n]);
  });

  test('deposited, registered, paid, named for fees', async () => {
    const tree = channelTree();
    await prove(tree, (batch) => {
      batch.applyL1(depositNew(dave, 50n), at(LAST_INDEX));
      batch.applyL1({ opcode: 2, index: at(LAST_INDEX), token: 0, amount: 7n, address: 1n });
      batch.nameFeeAccount(at(LAST_INDEX));
      batch.applyTx(by(batch, dave, LAST_INDEX, register(LAST_INDEX, 20, bob, 40n, 5n)));
      batch.applyTx(by(batch, bob, 20, transfer(20, LAST_INDEX, 30n, { fee: 10n })));
    });
    expect(balances(tree, LAST_INDEX, 20)).toEqual([12n + 30n + 15n, 0n]);
  });
});

describe('OPEN, ATTEST: what they may refer to', () => {
  test.each<[string, number[]]>([
    ['nobody, an empty index, the channel itself', [0, LAST_INDEX, 22]],
    ['a model, an account of another token, the payer', [MODEL, 3, 1]],
  ])('channels open whose provider is %s', async (_name, providers) => {
    const tree = channelTree();
    const opens = providers.map((provider, i) => open(1, 20 + i, { voucherKey, provider, amount: 60n, model: MODEL }));
    await prove(tree, (batch) => batch.applyTx(by(batch, alice, 1, ...opens)));
    expect(balances(tree, 1, 20, 21, 22)).toEqual([820n, 60n, 60n, 60n]);
  });

  test('a claim by a provider of another token is refused, and closing it gives all back', async () => {
    const tree = channelTree();
    putChannel(tree, 12, { provider: at(3) }, { balance: 40n });
    const batch = openBatch(tree);
    const claimed = claim(12, 3, { voucherKey, total: 4n });
    expectRefused(batch, 'WRONG_TOKEN', () => batch.applyTx(by(batch, carol, 3, claimed)));
    await prove(tree, (batch) => batch.applyTx(by(batch, alice, 1, closeOp(12, 1, 40n))), OVER);
    expect(balances(tree, 1, 12)).toEqual([1040n, 0n]);
  });

  test.each([
    ['2^40 − 1 at time 0', LAST_SECOND, 0, false],
    ['2^40 − 1 at time 2^40 − 1', LAST_SECOND, LAST_SECOND, false],
    ['0 at time 0', 0, 0, false],
    ['0 at the end of the grace', 0, GRACE_SECONDS, true],
    ['0 at time 2^40 − 1', 0, LAST_SECOND, true],
    ['such that it is over in the last second there is', LAST_SECOND - GRACE_SECONDS, LAST_SECOND, true],
    ['a second later', LAST_SECOND - GRACE_SECONDS + 1, LAST_SECOND, false],
  ])('expiry %s', async (_name, expiry, timestamp, isOver) => {
    const tree = channelTree();
    putChannel(tree, 12, { expiry }, { balance: 40n });
    const claimed = (channel: number) => claim(channel, 2, { voucherKey, total: 4n });
    await prove(
      tree,
      (batch) => {
        batch.applyTx(by(batch, alice, 1, open(1, 21, { voucherKey, provider: 2, expiry, amount: 60n })));
        if (isOver) batch.applyTx(by(batch, alice, 1, closeOp(12, 1, 40n), closeOp(21, 1, 60n)));
        else batch.applyTx(by(batch, bob, 2, claimed(12), claimed(21)));
      },
      timestamp,
    );
    expect(balances(tree, 12, 21)).toEqual(isOver ? [0n, 0n] : [36n, 56n]);
  });

  test('a parent of another token and of another owner; commitments at their limits', async () => {
    const tree = channelTree();
    const artefact = (2n ** 248n - 1n) as Field;
    const parts = { parent: MODEL, artefact, royaltyBps: 10_000, subtype: 255, amount: 300n };
    await prove(tree, (batch) => batch.applyTx(by(batch, carol, 3, attest(3, LAST_INDEX, parts))));
    expect(look(tree, LAST_INDEX)).toMatchObject({ token: 7, balance: 300n, a: artefact });
  });

  test('a chain of attestations in one bundle', async () => {
    const tree = channelTree();
    await prove(tree, (batch) =>
      batch.applyTx(
        by(batch, alice, 1, attest(1, 22), attest(1, 20, { parent: 22 }), attest(1, 21, { parent: 20, amount: 1n })),
      ),
    );
    expect(balances(tree, 20, 21, 22)).toEqual([0n, 1n, 0n]);
  });
});

describe('value of models and channels', () => {
  test('a model’s account pays and exits with a fee, all it has, and earns a royalty later in the batch', async () => {
    const tree = channelTree();
    await prove(tree, (batch) => {
      batch.nameFeeAccount(at(FEES));
      batch.applyTx(by(batch, bob, 2, transfer(MODEL, CHANNEL, 3n, { fee: 2n }), exit(MODEL, 5n, 4n, 2n)));
      batch.applyTx(by(batch, bob, 2, claim(CHANNEL, 2, { ...modelled, total: 700n, claimed: 300n, fee: 1n })));
    });
    expect(balances(tree, MODEL, CHANNEL, FEES, 2)).toEqual([10n, 603n, 15n, 889n]);
  });

  test('deposits to a channel and to a model; of another token: void', async () => {
    for (const token of [0, 7]) {
      const tree = channelTree();
      await prove(tree, (batch) => {
        for (const index of [CHANNEL, MODEL]) {
          const op = batch.applyL1({ opcode: 2, index: at(index), token, amount: 5n, address: 1n });
          expect(op.isVoid).toBe(token === 7);
        }
        // all there is, the deposit included
        const total = token === 0 ? 1305n : 1300n;
        batch.applyTx(by(batch, bob, 2, claim(CHANNEL, 2, { ...modelled, total, claimed: 300n })));
      });
      expect(balances(tree, CHANNEL, MODEL)).toEqual([0n, token === 0 ? 41n : 36n]);
    }
  });

  test('four fee lanes, of a provider, a payer and two more', async () => {
    const tree = channelTree();
    putKey(tree, 10, actor(5), { token: 65535, balance: 4n });
    putKey(tree, 11, actor(6), { token: 1, balance: 4n });
    await prove(tree, (batch) => {
      for (const index of [11, 1, 10, 3]) batch.nameFeeAccount(at(index));
      batch.applyTx(by(batch, actor(5), 10, transfer(10, 10, 1n, { fee: 3n })));
      batch.applyTx(by(batch, carol, 3, exit(3, 5n, 0n, 300n)));
      batch.applyTx(by(batch, actor(6), 11, transfer(11, 11, 0n, { fee: 4n })));
      batch.applyTx(by(batch, alice, 1, transfer(1, 1, 1000n - 5n, { fee: 5n })));
    });
    expect(balances(tree, 1, 3, 10, 11)).toEqual([1000n, 300n, 4n, 4n]);
  });
});

describe('FORCED_EXIT', () => {
  test.each<[string, number, [number, bigint, bigint | 'void'][]]>([
    [
      'a KEY account and a model, by their owners',
      EXPIRY,
      [
        [1, alice.address, 1000n],
        [MODEL, bob.address, 11n],
      ],
    ],
    [
      'a KEY account and a model, by strangers',
      EXPIRY,
      [
        [1, bob.address, 'void'],
        [MODEL, alice.address, 'void'],
      ],
    ],
    [
      'a channel by its payer, and of the last index',
      OVER,
      [
        [CHANNEL, alice.address, 1000n],
        [LAST_INDEX, alice.address, 'void'],
      ],
    ],
    [
      'a channel by its payer too early, and of an empty index',
      OVER - 1,
      [
        [CHANNEL, alice.address, 'void'],
        [50, alice.address, 'void'],
      ],
    ],
    [
      'a channel by its provider, then by its payer',
      OVER,
      [
        [CHANNEL, bob.address, 'void'],
        [CHANNEL, alice.address, 1000n],
      ],
    ],
  ])('of %s', async (_name, timestamp, exits) => {
    const tree = channelTree();
    await prove(
      tree,
      (batch) => {
        for (const [index, address, paid] of exits) {
          const expected = paid === 'void' ? { isVoid: true, amount: 0n } : { isVoid: false, amount: paid };
          expect(force(batch, index, address)).toMatchObject(expected);
        }
      },
      timestamp,
    );
    for (const [index, , paid] of exits) if (paid !== 'void') expect(balances(tree, index)).toEqual([0n]);
  });

  test.each([
    ['channel, payer', [CHANNEL, 1]],
    ['payer, channel', [1, CHANNEL]],
    ['channel twice', [CHANNEL, CHANNEL]],
  ])('of a channel and its payer in one batch: %s; then it is paid again and closed', async (_name, order) => {
    const tree = channelTree();
    await prove(
      tree,
      (batch) => {
        for (const index of order) expect(force(batch, index, alice.address).isVoid).toBe(false);
        batch.applyTx(by(batch, bob, 2, transfer(2, CHANNEL, 30n)));
        batch.applyTx(by(batch, alice, 1, closeOp(CHANNEL, 1, 20n)));
      },
      OVER,
    );
    expect(balances(tree, 1, CHANNEL)).toEqual([order.includes(1) ? 20n : 1020n, 10n]);
  });

  test('of an account that the same batch deposited', async () => {
    const tree = channelTree();
    await prove(tree, (batch) => {
      batch.applyL1(depositNew(dave, 50n), at(20));
      expect(force(batch, 20, dave.address)).toMatchObject({ isVoid: false, amount: 50n });
      batch.applyTx(by(batch, dave, 20, transfer(20, 20, 0n)));
    });
    expect(look(tree, 20)).toMatchObject({ balance: 0n, nonce: 1 });
  });

  test('of a model whose channel is claimed from later in the batch: the royalty stays', async () => {
    const tree = channelTree();
    await prove(tree, (batch) => {
      force(batch, MODEL, bob.address);
      batch.applyTx(by(batch, bob, 2, claim(CHANNEL, 2, { ...modelled, total: 700n, claimed: 300n })));
    });
    expect(balances(tree, MODEL)).toEqual([10n]);
  });
});
