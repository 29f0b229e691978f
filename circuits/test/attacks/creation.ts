import { SHAPES } from '../../../protocol/shapes.ts';
import { type Attack, resign, setL1, setOp, slotColumns } from '../edits.ts';
import { alice, dave, l1Scenario } from '../scenario.ts';

/** Slots of `scenario`: 0 Alice (1), 1 Bob (2), 2 Carol (3, token 7), 3 fees (9), 4 Dave (20). */
export const CREATION_ATTACKS: readonly Attack[] = [
  {
    name: 'registers over an existing account',
    rule: /op\[1\]\.move|bornProduct|madeProduct|madeFactor/,
    edit: (x) => {
      setOp(x, 1, { to: 2n });
    },
  },
  {
    name: 'the created account has another key than the op says',
    rule: /Product|Factor/,
    edit: (x) => {
      x.a[4] = alice.key[0];
      x.b[4] = alice.key[1];
      x.sigAx[2] = alice.key[0];
      x.sigAy[2] = alice.key[1];
      resign(x, 2, alice, 4, 4);
    },
  },
  {
    name: 'the created account has another Ethereum address',
    rule: /Product|Factor/,
    edit: (x) => {
      x.cc[4] = alice.address;
    },
  },
  {
    name: 'the created account is of another kind',
    rule: /Product|Factor|sig\[2\]|op\[4\]/,
    edit: (x) => {
      x.kind[4] = 2n;
    },
  },
  {
    name: 'the created account holds another token',
    rule: /Product|Factor|move/,
    edit: (x) => {
      x.token[4] = 7n;
    },
  },
  {
    name: 'the created account starts with a balance',
    rule: /oldLive\[4\]/,
    edit: (x) => {
      x.balance[4] = 1000n;
    },
  },
  {
    name: 'the created account starts with a nonce',
    rule: /oldLive\[4\]/,
    edit: (x) => {
      x.nonce[4] = 1n;
      x.sigNonce[2] = 1n;
      resign(x, 2, dave, 4, 4);
    },
  },
  {
    name: 'an account appears that no operation creates',
    rule: /Product|Factor/,
    start: l1Scenario,
    edit: (x) => {
      // slot 0 of l1Scenario is a padding slot: move it to index 31 at the end and let it be born
      const last = SHAPES.small.A - 1;
      for (const list of slotColumns(x)) {
        list.splice(0, 1);
        list.push(0n);
      }
      x.index[last] = 31n;
      x.kind[last] = 1n;
      x.a[last] = alice.key[0];
      x.b[last] = alice.key[1];
      x.cc[last] = alice.address;
      x.born[last] = 1n;
      x.birth[last] = 1n;
    },
  },
  {
    name: 'a created account does not appear',
    rule: /./,
    edit: (x) => {
      x.born[4] = 0n;
      x.kind[4] = 0n;
    },
  },
  {
    name: 'index 0 is created',
    rule: /isNone|index\[0\]/,
    start: l1Scenario,
    edit: (x) => {
      // Dave's deposit goes to index 0 (a padding slot) instead of 30
      const from = x.index.indexOf(30n);
      const to = x.index.indexOf(0n);
      for (const list of [x.token, x.kind, x.a, x.b, x.cc, x.born, x.birth]) {
        list[to] = list[from] ?? 0n;
        list[from] = 0n;
      }
      setL1(x, 0, { index: 0n });
    },
  },
  {
    name: 'registers a key off the curve',
    rule: /op\[1\]\.key/,
    edit: (x) => {
      const words = x.ops[1] ?? [];
      words[1] = dave.key[0] + 1n;
      x.a[4] = dave.key[0] + 1n;
      resign(x, 0, alice, 0, 2);
    },
  },
  {
    name: 'registers with Ethereum address 0',
    rule: /slot\[4\]\.(noAddress|isKey)|cc\[4\]/,
    edit: (x) => {
      const words = x.ops[1] ?? [];
      words[3] = 0n;
      x.cc[4] = 0n;
      resign(x, 0, alice, 0, 2);
    },
  },
  {
    name: 'registers with 161 bits of Ethereum address',
    rule: /slot\[4\]\.cBits/,
    edit: (x) => {
      const words = x.ops[1] ?? [];
      words[3] = dave.address + (1n << 160n);
      x.cc[4] = words[3];
      resign(x, 0, alice, 0, 2);
    },
  },
  {
    name: 'a birth after the use',
    rule: /move/,
    edit: (x) => {
      x.birth[4] = 20n;
    },
  },
];
