import { computeDomain } from '../../../protocol/domain.ts';
import { R_FIELD } from '../../../protocol/field.ts';
import { TEST_DOMAIN, TEST_TIME } from '../../../protocol/testing/actors.ts';
import { type Attack, resign } from '../edits.ts';
import { alice, bob } from '../scenario.ts';

/** Slots of `scenario`: 0 Alice (1), 1 Bob (2), 2 Carol (3, token 7), 3 fees (9), 4 Dave (20). */
export const SIGNATURE_ATTACKS: readonly Attack[] = [
  {
    name: 'a signature by another key',
    rule: /sig\[1\]\.verify/,
    edit: (x) => resign(x, 1, alice, 3, 3),
  },
  {
    name: 'another key in the slot than the account’s',
    rule: /sig\[1\]\.hot|sigAx|sigAy/,
    edit: (x) => {
      x.sigAx[1] = alice.key[0];
      x.sigAy[1] = alice.key[1];
      resign(x, 1, alice, 3, 3);
    },
  },
  {
    name: 'another account signs for the debited one',
    rule: /txProduct|opTxs/,
    edit: (x) => {
      x.sigSigner[1] = 1n;
      x.sigNonce[1] = 1n;
      x.sigAx[1] = alice.key[0];
      x.sigAy[1] = alice.key[1];
      resign(x, 1, alice, 3, 3);
    },
  },
  {
    name: 'a nonce from the past',
    rule: /sig\[1\]\.hot/,
    edit: (x) => {
      x.nonce[1] = 5n;
    },
    settle: false,
  },
  {
    name: 'a nonce from the future',
    rule: /sig\[1\]\.hot/,
    edit: (x) => {
      x.sigNonce[1] = 1n;
      resign(x, 1, bob, 3, 3);
    },
  },
  {
    name: 'an expired transaction',
    rule: /notExpired/,
    edit: (x) => {
      x.sigValidUntil[1] = BigInt(TEST_TIME) - 1n;
      resign(x, 1, bob, 3, 3);
    },
  },
  {
    name: 'a signature made for another deployment',
    rule: /sig\[\d\]\.verify|op\[\d\]|chain/,
    edit: (x) => {
      x.header[0] = computeDomain({ l1ChainId: 1n, rollup: 2n, l2ChainId: 3n });
    },
  },
  {
    name: 'the header names another domain than the signatures',
    rule: /./,
    edit: (x) => {
      x.header[0] = TEST_DOMAIN + 1n;
    },
  },
  {
    name: 'an enabled signature that closes no transaction (a nonce burnt unseen)',
    rule: /txProduct|opTxs/,
    edit: (x) => {
      x.sigEnabled[3] = 1n;
      x.sigSigner[3] = 1n;
      x.sigNonce[3] = 1n;
      x.sigAx[3] = alice.key[0];
      x.sigAy[3] = alice.key[1];
      resign(x, 3, alice, 0, 2);
    },
  },
  {
    name: 'one signature closes two transactions',
    rule: /txProduct|opTxs/,
    edit: (x) => {
      // op 4 becomes a copy of Bob's op 3, and slot 2 is switched off
      x.ops[4] = [...(x.ops[3] ?? [])];
      x.sigEnabled[2] = 0n;
    },
  },
  {
    name: 'a disabled slot is used',
    rule: /txProduct|opTxs/,
    edit: (x) => {
      x.sigEnabled[2] = 0n;
    },
  },
  {
    name: 'S + l',
    rule: /verify\.(sBits|sCmp)/,
    edit: (x) => {
      x.sigS[1] = (x.sigS[1] ?? 0n) + 2736030358979909402780800718157159386076813972158567259200215660948447373041n;
    },
  },
  {
    name: 'a low-order key signs for an account whose key is replaced',
    rule: /isNeutral|hot|verify/,
    edit: (x) => {
      x.sigAx[1] = 0n;
      x.sigAy[1] = R_FIELD - 1n;
    },
  },
];
