import { GRACE_SECONDS, packChannel } from '../../../protocol/account.ts';
import { R_FIELD } from '../../../protocol/field.ts';
import { claim, exit, transfer } from '../../../protocol/testing/actors.ts';
import { by } from '../../../protocol/testing/market.ts';
import type { AccountTree } from '../../../protocol/tree.ts';
import type { Field } from '../../../protocol/types.ts';
import { type Attack, resign, setOp } from '../edits.ts';
import type { BatchInputs } from '../forge.ts';
import {
  alice,
  at,
  BPS,
  bob,
  CHANNEL,
  carol,
  channelTree,
  close,
  EXPIRY,
  MODEL,
  OVER,
  openBatch,
  type Scenario,
  SECOND_CHANNEL,
} from '../scenario.ts';

const LAST_NONCE = 2 ** 32 - 1;
const voucherKey = carol;
const OTHER_MODEL = 10;

const swap = (list: unknown[]): void => {
  [list[0], list[1]] = [list[1], list[0]];
};

/** All that voucher slots 0 and 1 say. */
const vouchersOf = (x: BatchInputs): bigint[][] => [
  ...[x.sigSigner, x.sigNonce, x.sigChannel, x.sigTotal, x.sigReceipts, x.sigClaimed, x.sigRoyalty],
  ...[x.sigAx, x.sigAy, x.sigR8x, x.sigR8y, x.sigS],
];

/** Bob claims the same from two channels without a model, 6 and 7, in one transaction. Slots: 0 padding · 1 Alice · 2 Bob · 3 channel 6 · 4 channel 7. */
function twoChannels(): Scenario {
  const tree = (): AccountTree => {
    const made = channelTree();
    const second = made.get(at(SECOND_CHANNEL));
    if (second !== undefined) made.set(at(CHANNEL), second);
    return made;
  };
  const batch = openBatch(tree());
  const first = claim(CHANNEL, 2, { voucherKey, total: 50n, receiptsRoot: 8n as Field });
  batch.applyTx(by(batch, bob, 2, first, claim(SECOND_CHANNEL, 2, { voucherKey, total: 60n })));
  batch.applyTx(by(batch, alice, 1, transfer(1, 1, 0n)));
  return { before: tree(), closed: close(batch) };
}

/** Bob claims 400 from channel 6 and pays from another model of his, of the same rate. Slots: 0 padding · 1 Bob · 2 model 5 · 3 channel · 4 model 10. */
function twoModels(): Scenario {
  const tree = (): AccountTree => {
    const made = channelTree();
    const model = made.get(at(MODEL));
    if (model !== undefined) made.set(at(OTHER_MODEL), model);
    return made;
  };
  const batch = openBatch(tree());
  const settled = claim(CHANNEL, 2, { voucherKey, royaltyBps: BPS, total: 700n, claimed: 300n });
  batch.applyTx(by(batch, bob, 2, settled, exit(OTHER_MODEL, 5n, 1n)));
  return { before: tree(), closed: close(batch) };
}

/** In the last second of channel 6, Bob claims from it; Alice pays herself. Ops: 0 CLAIM, 1 TRANSFER. Slots: 0 padding · 1 Alice · 2 Bob · 3 model · 4 channel. */
function lastSecond(): Scenario {
  const batch = openBatch(channelTree(), undefined, OVER - 1);
  const settled = claim(CHANNEL, 2, { voucherKey, royaltyBps: BPS, total: 700n, claimed: 300n });
  batch.applyTx(by(batch, bob, 2, settled));
  batch.applyTx(by(batch, alice, 1, transfer(1, 1, 7n)));
  return { before: channelTree(), closed: close(batch) };
}

/** Op 1 closes channel 6 with 7. */
function closeToo(x: BatchInputs): void {
  setOp(x, 1, { opcode: 7n, from: BigInt(CHANNEL) });
  resign(x, 2, alice, 1, 1);
}

const tag = (provider: number): bigint => BigInt(provider) + (BigInt(MODEL) << 24n);

/**
 * Honestly, Bob's claims are the last two of channel 6 (nonces 2^32 − 3 and 2^32 − 2). In the tree that the forger starts from the channel has
 * already made them, and its provider is Alice, whose index is one less than Bob's. Slots: 0 padding · 1 Alice · 2 Bob · 3 model · 4 channel.
 */
function exhausted(): Scenario {
  const tree = (nonce: number, provider: number): AccountTree => {
    const made = channelTree();
    const channel = made.get(at(CHANNEL));
    const c = packChannel({ provider: at(provider), payer: at(1), model: at(MODEL), expiry: EXPIRY });
    if (channel !== undefined) made.set(at(CHANNEL), { ...channel, nonce, c });
    return made;
  };
  const batch = openBatch(tree(LAST_NONCE - 2, 2));
  const of = { voucherKey, royaltyBps: BPS };
  batch.applyTx(
    by(
      batch,
      bob,
      2,
      claim(CHANNEL, 2, { ...of, total: 700n, claimed: 300n }),
      claim(CHANNEL, 2, { ...of, total: 800n, claimed: 700n }),
    ),
  );
  batch.applyTx(by(batch, alice, 1, transfer(1, 1, 0n)));
  return { before: tree(LAST_NONCE, 1), closed: close(batch) };
}

/** Alice's account at nonce 2^32 − 1, after her last transaction. Slots: 0 padding · 1 Alice … */
function exhaustedKey(): Scenario {
  const tree = (nonce: number): AccountTree => {
    const made = channelTree();
    const account = made.get(at(1));
    if (account !== undefined) made.set(at(1), { ...account, nonce });
    return made;
  };
  const batch = openBatch(tree(LAST_NONCE - 1));
  batch.applyTx(by(batch, alice, 1, transfer(1, 1, 0n)));
  return { before: tree(LAST_NONCE), closed: close(batch) };
}

export const CHANNEL_ATTACKS: readonly Attack[] = [
  {
    name: 'the vouchers of two channels change places',
    rule: /voucherProduct|opVouchers/i,
    start: twoChannels,
    edit: (x) => {
      for (const list of vouchersOf(x)) swap(list);
    },
  },
  {
    name: 'the totals of two channels change places in their ops',
    rule: /voucherProduct|opVouchers/i,
    start: twoChannels,
    edit: (x) => {
      const [first = [], second = []] = x.ops;
      [first[1], second[1]] = [second[1] ?? 0n, first[1] ?? 0n];
      [first[2], second[2]] = [second[2] ?? 0n, first[2] ?? 0n];
      setOp(x, 0, { amount: 60n });
      setOp(x, 1, { amount: 50n });
      resign(x, 2, bob, 0, 1);
    },
  },
  {
    name: 'both claims are booked on one of two channels',
    rule: /claimsIn|claimsOut/,
    start: twoChannels,
    edit: (x) => {
      [x.claimedEnd[3], x.claimedEnd[4]] = [60n, 50n];
    },
  },
  {
    name: 'both claims take from one of two channels',
    rule: /voucherProduct|opVouchers/i,
    start: twoChannels,
    edit: (x) => {
      setOp(x, 1, { from: BigInt(CHANNEL), amount: 10n });
      resign(x, 2, bob, 0, 1);
    },
  },
  {
    name: 'the royalty goes to another model that is there, of the same rate',
    rule: /sig\[0\]\.hot/,
    start: twoModels,
    edit: (x) => {
      x.sigChannel[0] = 2n + (BigInt(OTHER_MODEL) << 24n);
    },
  },
  {
    name: 'the channel is said to be another model’s',
    rule: /write\[3\]/,
    start: twoModels,
    settle: false,
    edit: (x) => {
      x.sigChannel[0] = 2n + (BigInt(OTHER_MODEL) << 24n);
      x.cc[3] = packChannel({ provider: at(2), payer: at(1), model: at(OTHER_MODEL), expiry: EXPIRY });
    },
  },
  {
    name: 'CLAIM and CLOSE of a channel in one batch, in its last second',
    rule: /op\[1\]\.move/,
    start: lastSecond,
    edit: closeToo,
  },
  {
    name: 'CLAIM and CLOSE of a channel in one batch, once it is over',
    rule: /op\[0\]\.move/,
    start: lastSecond,
    edit: (x) => {
      closeToo(x);
      x.header[4] = BigInt(OVER);
    },
  },
  {
    name: 'CLAIM and CLOSE of a channel in one batch: the grace is forgotten',
    rule: /op\[1\]\.move/,
    start: lastSecond,
    edit: (x) => {
      closeToo(x);
      x.header[4] = BigInt(OVER - GRACE_SECONDS);
    },
  },
  {
    name: 'nonce −1 in the vouchers’ slots: (−1, tag + 1) is the tag of a channel at nonce 2^32 − 1, with the next provider',
    rule: /claimsIn|claimsOut/,
    start: exhausted,
    edit: (x) => {
      x.nonce[4] = BigInt(LAST_NONCE);
      x.cc[4] = packChannel({ provider: at(1), payer: at(1), model: at(MODEL), expiry: EXPIRY });
      x.sigNonce[0] = R_FIELD - 1n;
      x.sigNonce[1] = 0n;
    },
  },
  {
    name: 'nonce −1 in a voucher’s slot whose terms are the channel’s own',
    rule: /sig\[0\]\.hot/,
    start: exhausted,
    edit: (x) => {
      x.nonce[4] = BigInt(LAST_NONCE);
      x.cc[4] = packChannel({ provider: at(1), payer: at(1), model: at(MODEL), expiry: EXPIRY });
      x.sigNonce[0] = R_FIELD - 1n;
      x.sigChannel[0] = tag(1);
    },
  },
  {
    name: 'a claim beyond the last nonce',
    rule: /sig\[1\]\.nonceBits/,
    start: exhausted,
    edit: (x) => {
      x.nonce[4] = BigInt(LAST_NONCE - 1);
      x.sigNonce[0] = BigInt(LAST_NONCE - 1);
      x.sigNonce[1] = BigInt(LAST_NONCE);
    },
  },
  {
    name: 'a transaction beyond the last nonce',
    rule: /sig\[0\]\.nonceBits/,
    start: exhaustedKey,
    edit: (x) => {
      x.nonce[x.index.indexOf(1n)] = BigInt(LAST_NONCE);
      x.sigNonce[0] = BigInt(LAST_NONCE);
      resign(x, 0, alice, 0, 0);
    },
  },
  {
    name: 'nonce −1 in a transaction’s slot: (−1, 1) is the tag of a KEY account at nonce 2^32 − 1',
    rule: /sigChannel\[0\]/,
    start: exhaustedKey,
    edit: (x) => {
      x.nonce[x.index.indexOf(1n)] = BigInt(LAST_NONCE);
      x.sigNonce[0] = R_FIELD - 1n;
      x.sigChannel[0] = 1n;
      resign(x, 0, alice, 0, 0);
    },
  },
];
