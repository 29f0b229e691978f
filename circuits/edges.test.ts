/** Honest batches at the limits of the rules: what TypeScript applies, the circuit accepts, with the same root. Trees are written by hand. */
import { beforeAll, describe, expect, test } from 'vitest';
import { GRACE_SECONDS, packAttestation, packChannel } from '../protocol/account.ts';
import type { OpenBatch } from '../protocol/openBatch.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { actor, attest, claim, close as closeOp, exit, open, register, transfer } from '../protocol/testing/actors.ts';
import { expectRefused } from '../protocol/testing/expectRefused.ts';
import { by } from '../protocol/testing/market.ts';
import type { AccountTree } from '../protocol/tree.ts';
import {
  type Account,
  type AttestationTerms,
  type ChannelTerms,
  type Field,
  Kind,
  type L1Op,
  Subtype,
} from '../protocol/types.ts';
import { batchSource } from './build/circuits.ts';
import { TestCircuit } from './test/harness.ts';
import { expectProvable } from './test/provable.ts';
import {
  alice,
  at,
  BPS,
  bob,
  CHANNEL,
  carol,
  channelTree,
  close,
  dave,
  depositNew,
  EXPIRY,
  FEES,
  MODEL,
  OVER,
  openBatch,
  SECOND_CHANNEL,
} from './test/scenario.ts';

const LAST_INDEX = 2 ** 24 - 1;
const LAST_SECOND = 2 ** 40 - 1;
const LAST_NONCE = 2 ** 32 - 1;
const MOST = 2n ** 96n - 1n;

let circuit: TestCircuit;
beforeAll(async () => {
  circuit = await TestCircuit.compile(batchSource(SHAPES.small));
}, 300_000);

/** Runs a batch on the tree and proves it. The tree is at the new root afterwards. */
async function prove(tree: AccountTree, act: (batch: OpenBatch) => void, timestamp?: number): Promise<void> {
  const batch = openBatch(tree, SHAPES.small, timestamp);
  act(batch);
  await expectProvable(circuit, close(batch));
}

const look = (tree: AccountTree, index: number): Account | undefined => tree.get(at(index));
const balances = (tree: AccountTree, ...indices: number[]): (bigint | undefined)[] =>
  indices.map((index) => look(tree, index)?.balance);

/** Changes an account of the tree; whatever the ledger's own operations would allow to exist. */
function change(tree: AccountTree, index: number, parts: Partial<Account>): void {
  const account = look(tree, index);
  if (account === undefined) throw new RangeError(`no account at ${index}`);
  tree.set(at(index), { ...account, ...parts });
}

/** A channel from Alice to Bob without a model, vouchers signed by Carol; `terms` and `state` change that. */
function putChannel(
  tree: AccountTree,
  index: number,
  terms: Partial<ChannelTerms> = {},
  state: Partial<Account> = {},
): void {
  const c = packChannel({ provider: at(2), payer: at(1), model: at(0), expiry: EXPIRY, ...terms });
  const empty = { kind: Kind.CHANNEL, token: 0, nonce: 0, balance: 0n, claimed: 0n } as const;
  tree.set(at(index), { ...empty, a: carol.key[0], b: carol.key[1], c, ...state });
}

/** A model of Bob's. */
function putModel(
  tree: AccountTree,
  index: number,
  terms: Partial<AttestationTerms> = {},
  state: Partial<Account> = {},
): void {
  const c = packAttestation({ owner: at(2), parent: at(0), royaltyBps: 0, subtype: Subtype.MODEL, ...terms });
  const empty = { kind: Kind.ATTEST, token: 0, nonce: 0, balance: 0n, claimed: 0n } as const;
  tree.set(at(index), { ...empty, a: 88n as Field, b: 0n as Field, c, ...state });
}

function putKey(tree: AccountTree, index: number, who: typeof alice, state: Partial<Account> = {}): void {
  const empty = { kind: Kind.KEY, token: 0, nonce: 0, balance: 0n, claimed: 0n } as const;
  tree.set(at(index), { ...empty, a: who.key[0], b: who.key[1], c: who.address as Field, ...state });
}

const force = (batch: OpenBatch, index: number, address: bigint): L1Op =>
  batch.applyL1({ opcode: 3, index: at(index), address });

const voucherKey = carol;
/** Of CHANNEL, which has paid 300 and holds 1000; its model earns BPS. */
const modelled = { voucherKey, royaltyBps: BPS };

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
