import { type Attack, slotColumns } from '../edits.ts';

/** Slots of `scenario`: 0 Alice (1), 1 Bob (2), 2 Carol (3, token 7), 3 fees (9), 4 Dave (20). */
export const SLOT_ATTACKS: readonly Attack[] = [
  {
    name: 'one account in two slots',
    rule: /above/,
    edit: (x) => {
      // Carol's slot (only read by a void operation) becomes a second copy of Bob's
      for (const list of [x.index, x.balance, x.claimed, x.nonce, x.token, x.kind, x.a, x.b, x.cc])
        list[2] = list[1] ?? 0n;
    },
  },
  {
    name: 'slots out of order',
    rule: /above/,
    edit: (x) => {
      for (const list of slotColumns(x)) {
        [list[0], list[1]] = [list[1] ?? 0n, list[0] ?? 0n];
      }
    },
  },
  {
    name: 'an account with more than it has',
    rule: /write\[1\]/,
    settle: false,
    edit: (x) => {
      x.balance[1] = 501n;
    },
  },
  {
    name: 'a live account is said to be empty',
    rule: /./,
    settle: false,
    edit: (x) => {
      x.oldLive[2] = 0n;
      x.kind[2] = 0n;
    },
  },
  {
    name: 'a sibling is changed on the way up',
    rule: /write\[0\]|write\[1\]/,
    settle: false,
    edit: (x) => {
      const level = x.children[1]?.[0] ?? [];
      level[5] = 77n;
    },
  },
  {
    name: 'a wrong new root',
    rule: /newTop/,
    settle: false,
    edit: (x) => {
      x.header[2] = (x.header[2] ?? 0n) + 1n;
    },
  },
  {
    name: 'a wrong old root',
    rule: /oldTop/,
    settle: false,
    edit: (x) => {
      x.header[1] = (x.header[1] ?? 0n) + 1n;
    },
  },
  {
    name: 'a subroot beside the paths is changed in the old root’s favour',
    rule: /oldTop/,
    settle: false,
    edit: (x) => {
      x.subroots[5] = 77n;
    },
  },
  {
    name: 'the subroot above the paths is another one',
    rule: /write\[0\]|oldTop/,
    settle: false,
    edit: (x) => {
      x.subroots[0] = 77n;
    },
  },
];
