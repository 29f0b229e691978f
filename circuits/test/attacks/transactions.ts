import { type Attack, resign, setOp } from '../edits.ts';
import { alice, bob, dave } from '../scenario.ts';

/** Slots of `scenario`: 0 Alice (1), 1 Bob (2), 2 Carol (3, token 7), 3 fees (9), 4 Dave (20). */
export const TRANSACTION_ATTACKS: readonly Attack[] = [
  {
    name: 'an unsigned op: the last transaction is left open',
    rule: /./,
    edit: (x) => {
      setOp(x, 4, { flags: 0n });
      x.sigEnabled[2] = 0n;
    },
  },
  {
    name: 'a NOP between ops',
    rule: /op\[5\]|op\[6\]/,
    edit: (x) => {
      x.ops[6] = [...(x.ops[4] ?? [])];
      x.sigEnabled[3] = 1n;
      x.sigSigner[3] = 20n;
      x.sigNonce[3] = 1n;
      x.sigAx[3] = dave.key[0];
      x.sigAy[3] = dave.key[1];
      setOp(x, 6, { amount: 0n });
      resign(x, 3, dave, 6, 6);
    },
  },
  {
    name: 'a NOP that carries words',
    rule: /op\[7\]|ops\[7\]/,
    edit: (x) => {
      x.ops[7] = [0n, 1n, 0n, 0n];
    },
  },
  {
    name: 'a bundle of two authorities under the second one’s signature',
    rule: /op\[2\]|op\[3\]/,
    edit: (x) => {
      // Alice's exit joins Bob's transaction
      setOp(x, 1, { flags: 7n });
      setOp(x, 2, { flags: 2n });
      resign(x, 0, alice, 0, 1);
      resign(x, 1, bob, 2, 3);
    },
  },
  {
    name: 'an unknown opcode',
    rule: /op\[3\]/,
    edit: (x) => {
      setOp(x, 3, { opcode: 4n });
      resign(x, 1, bob, 3, 3);
    },
  },
  {
    name: 'a reserved flag bit',
    rule: /op\[3\]/,
    edit: (x) => {
      setOp(x, 3, { flags: 9n });
      resign(x, 1, bob, 3, 3);
    },
  },
];
