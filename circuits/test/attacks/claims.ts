import { computeDomain } from '../../../protocol/domain.ts';
import { R_FIELD } from '../../../protocol/field.ts';
import { type Attack, resign, revouch, setOp, signAs } from '../edits.ts';
import type { BatchInputs } from '../forge.ts';
import { alice, bob, carol, claimScenario, dave, OVER } from '../scenario.ts';

interface ClaimEdit {
  readonly total: bigint;
  readonly royalty: bigint;
  readonly amount: bigint;
  readonly fee?: bigint;
}

/** Rewrites claim `i` (op and voucher slot), with both signatures made again. */
function reclaim(x: BatchInputs, i: 0 | 1, { total, royalty, amount, fee = 0n }: ClaimEdit): void {
  const words = x.ops[i] ?? [];
  words[1] = total;
  words[3] = royalty;
  setOp(x, i, { amount, fee });
  x.sigTotal[i] = total;
  x.sigRoyalty[i] = royalty;
  if (i === 0) x.sigClaimed[1] = total;
  else x.claimedEnd[3] = total;
  revouch(x, i, carol);
  resign(x, 2, bob, 0, 1);
}

/** Slots of `claimScenario`: 0 Alice (1), 1 Bob (2), 2 model (5), 3 channel (6), 4 fees (9). Signature slots: 0, 1 vouchers; 2 Bob; 3 Alice. */
const ATTACKS: readonly Attack[] = [
  {
    name: 'a voucher below what was claimed',
    rule: /voucherProduct|opVouchers/i,
    edit: (x) => reclaim(x, 1, { total: 650n, royalty: 0n, amount: 0n }),
  },
  {
    name: 'a voucher below what was claimed, at the model’s expense: delta and royalty are negative',
    rule: /sig\[1\]\.claim\.royaltyBits/,
    edit: (x) => {
      // delta = −40 and royalty = −1 satisfy the division; the op moves amount 0, fee 0 and royalty −40
      reclaim(x, 1, { total: 660n, royalty: R_FIELD - 40n, amount: 0n });
      x.sigRoyalty[1] = R_FIELD - 1n;
    },
  },
  {
    name: 'a voucher above the balance',
    rule: /op\[1\]\.move/,
    edit: (x) => reclaim(x, 1, { total: 1301n, royalty: 15n, amount: 586n }),
  },
  {
    name: 'a voucher for another channel',
    rule: /sig\[1\]\.verify/,
    edit: (x) => {
      x.sigSigner[1] = 7n;
      revouch(x, 1, carol);
      x.sigSigner[1] = 6n;
    },
  },
  {
    name: 'a voucher for another chain or bridge',
    rule: /sig\[1\]\.verify/,
    edit: (x) => revouch(x, 1, carol, computeDomain({ l1ChainId: 1n, rollup: 2n, l2ChainId: 3n })),
  },
  {
    name: 'a voucher signed by another key',
    rule: /sig\[1\]\.verify/,
    edit: (x) => revouch(x, 1, dave),
  },
  {
    name: 'a voucher signed by another key, which the slot names',
    rule: /sig\[1\]\.hot|sigAx|sigAy/,
    edit: (x) => {
      x.sigAx[1] = dave.key[0];
      x.sigAy[1] = dave.key[1];
      revouch(x, 1, dave);
    },
  },
  {
    name: 'a transaction signature passed off as a voucher',
    rule: /sig\[1\]\.verify/,
    edit: (x) => {
      x.sigR8x[1] = x.sigR8x[2] ?? 0n;
      x.sigR8y[1] = x.sigR8y[2] ?? 0n;
      x.sigS[1] = x.sigS[2] ?? 0n;
    },
  },
  {
    name: 'a receipts root that the voucher does not sign',
    rule: /voucherProduct|opVouchers/i,
    edit: (x) => {
      const words = x.ops[1] ?? [];
      words[2] = 101n;
      resign(x, 2, bob, 0, 1);
    },
  },
  {
    name: 'a total that the voucher does not sign',
    rule: /voucherProduct|opVouchers/i,
    edit: (x) => {
      const words = x.ops[1] ?? [];
      words[1] = 802n;
      resign(x, 2, bob, 0, 1);
    },
  },
  {
    name: 'a claim once the grace is past',
    rule: /op\[0\]\.move/,
    edit: (x) => {
      x.header[4] = BigInt(OVER);
      x.sigValidUntil.fill(BigInt(OVER + 10));
      resign(x, 2, bob, 0, 1);
      resign(x, 3, alice, 2, 2);
    },
  },
  {
    name: 'keeps a part of the royalty',
    rule: /sig\[0\]\.claim\.rest/,
    edit: (x) => reclaim(x, 0, { total: 700n, royalty: 9n, amount: 386n, fee: 5n }),
  },
  {
    name: 'pays more royalty than is due',
    rule: /sig\[0\]\.claim\.rest/,
    edit: (x) => reclaim(x, 0, { total: 700n, royalty: 11n, amount: 384n, fee: 5n }),
  },
  {
    name: 'a royalty that only fits modulo the field',
    rule: /sig\[0\]\.claim\.royaltyBits/,
    edit: (x) => {
      // 10000·royalty + 1 = 400·250 has a solution in the field
      const inverse = 17613469038969064771341682703208529263754868833014782836373944908937553096423n;
      x.sigRoyalty[0] = (99_999n * inverse) % R_FIELD;
    },
  },
  {
    name: 'the op pays less royalty than its voucher’s slot computes',
    rule: /voucherProduct|opVouchers/i,
    edit: (x) => {
      const words = x.ops[0] ?? [];
      words[3] = 0n;
      setOp(x, 0, { amount: 395n });
      resign(x, 2, bob, 0, 1);
    },
  },
  {
    name: 'the provider takes more than the voucher gives',
    rule: /voucherProduct|opVouchers/i,
    edit: (x) => {
      setOp(x, 0, { amount: 386n });
      resign(x, 2, bob, 0, 1);
    },
  },
  {
    name: 'the channel’s terms are misread: no model, no royalty',
    rule: /write\[3\]/,
    settle: false,
    edit: (x) => {
      const low = (1n << 64n) - 1n;
      const c = x.cc[3] ?? 0n;
      x.cc[3] = (c & low) | ((c >> 96n) << 96n);
      reclaim(x, 0, { total: 700n, royalty: 0n, amount: 395n, fee: 5n });
      reclaim(x, 1, { total: 801n, royalty: 0n, amount: 101n });
    },
  },
  {
    name: 'the model’s terms are misread: a lower rate',
    rule: /write\[2\]/,
    settle: false,
    edit: (x) => {
      x.cc[2] = (x.cc[2] ?? 0n) - (250n << 64n);
      reclaim(x, 0, { total: 700n, royalty: 0n, amount: 395n, fee: 5n });
      reclaim(x, 1, { total: 801n, royalty: 0n, amount: 101n });
    },
  },
  {
    name: 'the slot names no model, so no royalty',
    rule: /sig\[0\]\.hot/,
    edit: (x) => {
      x.sigChannel[0] = 2n;
      reclaim(x, 0, { total: 700n, royalty: 0n, amount: 395n, fee: 5n });
    },
  },
  {
    name: 'the royalty goes to another account',
    rule: /sig\[0\]\.hot/,
    edit: (x) => {
      x.sigChannel[0] = 2n + (9n << 24n);
      reclaim(x, 0, { total: 700n, royalty: 0n, amount: 395n, fee: 5n });
    },
  },
  {
    name: 'the slot names another provider',
    rule: /sig\[0\]\.hot/,
    edit: (x) => {
      x.sigChannel[0] = 1n + (5n << 24n);
    },
  },
  {
    name: 'a transaction’s slot owes a royalty out of nothing',
    rule: /sig\[3\]\.claim|sigChannel\[3\]/,
    edit: (x) => {
      x.sigChannel[3] = 5n << 24n;
      x.sigTotal[3] = 4000n;
      x.sigRoyalty[3] = 100n;
    },
  },
  {
    name: 'somebody else than the provider claims',
    rule: /voucherProduct|opVouchers/i,
    edit: (x) => {
      setOp(x, 0, { to: 1n });
      setOp(x, 1, { to: 1n });
      signAs(x, 2, { who: alice, signer: 1 }, [0, 1]);
      signAs(x, 3, { who: alice, signer: 1, nonce: 1n }, [2, 2]);
    },
  },
  {
    name: 'the provider’s claim pays somebody else',
    rule: /voucherProduct|opVouchers|op\[0\]|op\[1\]/i,
    edit: (x) => {
      setOp(x, 0, { to: 1n });
      resign(x, 2, bob, 0, 1);
    },
  },
  {
    name: 'one voucher settles two claims',
    rule: /Product|opVouchers|opTxs/,
    edit: (x) => {
      x.sigVoucher[1] = 0n;
      x.sigEnabled[1] = 0n;
    },
  },
  {
    name: 'a claim without a voucher',
    rule: /Product|opVouchers/,
    edit: (x) => {
      x.sigVoucher[0] = 0n;
      x.sigEnabled[0] = 0n;
    },
  },
  {
    name: 'a voucher that no claim uses',
    rule: /Product|opVouchers|claims/,
    edit: (x) => {
      setOp(x, 1, { opcode: 1n, flags: 7n, from: 2n, to: 1n });
      resign(x, 2, bob, 0, 1);
    },
  },
  {
    name: 'what was claimed is forgotten, so that the voucher can be used again',
    rule: /claimsIn|claimsOut/,
    edit: (x) => {
      x.claimedEnd[3] = 300n;
    },
  },
  {
    name: 'what was claimed is understated',
    rule: /claimsIn|claimsOut/,
    edit: (x) => {
      x.sigClaimed[0] = 0n;
      reclaim(x, 0, { total: 700n, royalty: 17n, amount: 678n, fee: 5n });
    },
  },
  {
    name: 'a second claim starts from before the first',
    rule: /claimsIn|claimsOut/,
    edit: (x) => {
      x.sigClaimed[1] = 300n;
      reclaim(x, 1, { total: 801n, royalty: 12n, amount: 489n });
    },
  },
  {
    name: 'vouchers in another order than their claims',
    rule: /Product|opVouchers/,
    edit: (x) => {
      const columns = [x.sigTotal, x.sigReceipts, x.sigRoyalty, x.sigClaimed, x.sigR8x, x.sigR8y, x.sigS];
      for (const list of columns) [list[0], list[1]] = [list[1] ?? 0n, list[0] ?? 0n];
    },
  },
  {
    name: 'a claim number out of turn',
    rule: /sig\[0\]\.hot/,
    edit: (x) => {
      x.sigNonce[0] = 5n;
    },
  },
  {
    name: 'a KEY account counts something as claimed',
    rule: /claimedEnd\[0\]/,
    edit: (x) => {
      x.claimedEnd[0] = 5n;
    },
  },
  {
    name: 'claimed beyond 96 bits spills into the nonce',
    rule: /claimedEndBits|claimsIn|claimsOut/,
    edit: (x) => {
      x.claimedEnd[3] = 801n + (1n << 96n);
    },
  },
  {
    name: 'a voucher slot selects a KEY account',
    rule: /sig\[0\]\.hot/,
    edit: (x) => {
      x.sigSigner[0] = 2n;
      x.sigNonce[0] = 0n;
      x.sigAx[0] = bob.key[0];
      x.sigAy[0] = bob.key[1];
      revouch(x, 0, bob);
    },
  },
  {
    name: 'a disabled voucher',
    rule: /sigVoucher\[0\]|sigEnabled\[0\]/,
    edit: (x) => {
      x.sigEnabled[0] = 0n;
    },
  },
  {
    name: 'a flag of 2',
    rule: /sigVoucher\[0\]|sigEnabled\[0\]/,
    edit: (x) => {
      x.sigVoucher[0] = 2n;
    },
  },
  {
    name: 'a claim by TRANSFER: the payer’s channel pays on a plain signature',
    rule: /op\[2\]\.move/,
    edit: (x) => {
      setOp(x, 2, { from: 6n, to: 1n });
      resign(x, 3, alice, 2, 2);
    },
  },
  {
    name: 'CLAIM out of a KEY account',
    rule: /op\[0\]\.move/,
    edit: (x) => {
      setOp(x, 0, { from: 1n });
      resign(x, 2, bob, 0, 1);
    },
  },
];

export const CLAIM_ATTACKS: readonly Attack[] = ATTACKS.map((attack) => ({ ...attack, start: claimScenario }));
