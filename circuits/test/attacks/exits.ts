import { type Attack, resign } from '../edits.ts';
import { alice } from '../scenario.ts';

/** Slots of `scenario`: 0 Alice (1), 1 Bob (2), 2 Carol (3, token 7), 3 fees (9), 4 Dave (20). */
export const EXIT_ATTACKS: readonly Attack[] = [
  {
    name: 'the exit slot pays another recipient',
    rule: /exitProduct|opExits/,
    edit: (x) => {
      x.exits[0] = [0xbadn, x.exits[0]?.[1] ?? 0n];
    },
  },
  {
    name: 'the exit slot pays more',
    rule: /exitProduct|opExits/,
    edit: (x) => {
      x.exits[0] = [0xbeefn, 41n];
    },
  },
  {
    name: 'the exit slot pays another token',
    rule: /exitProduct|opExits/,
    edit: (x) => {
      x.exits[0] = [0xbeefn, 40n + (7n << 96n)];
    },
  },
  {
    name: 'an exit that no op made',
    rule: /exits\[1\]/,
    edit: (x) => {
      x.exits[1] = [0xbadn, 1n];
    },
  },
  {
    name: 'the exit fills the second slot',
    rule: /exitProduct|opExits|exits\[0\]/,
    edit: (x) => {
      x.exits.reverse();
    },
  },
  {
    name: 'an exit op without its slot',
    rule: /exitProduct|opExits/,
    edit: (x) => {
      x.exits[0] = [0n, 0n];
    },
  },
  {
    name: 'a recipient of 161 bits that would spill into the token',
    rule: /exit\[0\]\.recipientBits/,
    edit: (x) => {
      const words = x.ops[2] ?? [];
      words[1] = 0xbeefn + (1n << 160n);
      x.exits[0] = [words[1], x.exits[0]?.[1] ?? 0n];
      resign(x, 0, alice, 0, 2);
    },
  },
  {
    name: 'an exit slot that no op filled is said to be used',
    rule: /exitProduct|opExits/,
    edit: (x) => {
      x.exits[1] = [0xbadn, 1n];
      x.exitUsed[1] = 1n;
    },
  },
  {
    name: 'an exit to nobody',
    rule: /exit\[0\]\.(noRecipient|used)|exits\[0\]/,
    edit: (x) => {
      const words = x.ops[2] ?? [];
      words[1] = 0n;
      x.exits[0] = [0n, x.exits[0]?.[1] ?? 0n];
      resign(x, 0, alice, 0, 2);
    },
  },
  {
    name: 'an exit with unused payload',
    rule: /exitRules|op\[2\]|ops\[2\]/,
    edit: (x) => {
      const words = x.ops[2] ?? [];
      words[2] = 1n;
      resign(x, 0, alice, 0, 2);
    },
  },
];
