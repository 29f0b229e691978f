import { type Attack, setL1 } from '../edits.ts';
import {
  at,
  bob,
  CHANNEL,
  carol,
  channelTree,
  close,
  dave,
  depositNew,
  fundedTree,
  l1Scenario,
  openBatch,
  type Scenario,
} from '../scenario.ts';

/** Slots of `scenario`: 0 Alice (1), 1 Bob (2), 2 Carol (3, token 7), 3 fees (9), 4 Dave (20). */
export const L1_ATTACKS: readonly Attack[] = [
  {
    name: 'calls a good deposit void',
    rule: /l1op\[0\]/,
    edit: (x) => setL1(x, 0, { flags: 1n }),
  },
  {
    name: 'credits more than was deposited',
    rule: /./,
    settle: false,
    edit: (x) => setL1(x, 0, { amount: 26n }),
  },
  {
    name: 'calls a void forced exit good',
    rule: /l1op\[1\]/,
    edit: (x) => setL1(x, 1, { flags: 0n }),
  },
  {
    name: 'pays out a void forced exit',
    rule: /l1op\[1\]/,
    edit: (x) => setL1(x, 1, { flags: 0n, token: 7n, amount: 300n }),
  },
  {
    name: 'calls a good forced exit void',
    rule: /l1op\[1\]/,
    start: l1Scenario,
    edit: (x) => setL1(x, 1, { flags: 1n, token: 0n, amount: 0n }),
  },
  {
    name: 'pays less than the whole balance of a forced exit',
    rule: /l1op\[1\]\.forcedExit/,
    start: l1Scenario,
    edit: (x) => setL1(x, 1, { amount: 299n }),
  },
  {
    name: 'pays a forced exit in another token',
    rule: /l1op\[1\]\.forcedExit/,
    start: l1Scenario,
    edit: (x) => setL1(x, 1, { token: 0n }),
  },
  {
    name: 'pays a forced exit to a stranger',
    rule: /l1op\[1\]/,
    start: l1Scenario,
    edit: (x) => {
      const words = x.l1[1] ?? [];
      words[3] = bob.address;
    },
  },
  {
    name: 'a deposit of another token than the account created for it',
    rule: /Product|Factor/,
    start: l1Scenario,
    edit: (x) => setL1(x, 0, { token: 0n }),
  },
  {
    name: 'a deposit creates an account with another key',
    rule: /Product|Factor/,
    start: l1Scenario,
    edit: (x) => {
      const slot = x.index.indexOf(30n);
      x.a[slot] = carol.key[0];
      x.b[slot] = carol.key[1];
    },
  },
  {
    name: 'a new deposit lands on an existing account',
    rule: /l1op\[0\]|Product|Factor/,
    start: l1Scenario,
    edit: (x) => setL1(x, 0, { index: 3n }),
  },
  {
    name: 'an unused L1 slot carries a word',
    rule: /l1op\[1\]|l1\[1\]/,
    start: l1Scenario,
    edit: (x) => {
      x.l1[1] = [0n, 0n, 0n, 5n];
    },
  },
  {
    name: 'an L1 operation with a reserved opcode bit',
    rule: /./,
    edit: (x) => setL1(x, 0, { opcode: 6n }),
  },
  {
    name: 'calls a good deposit to a channel void',
    rule: /l1op\[0\]/,
    start: depositScenario,
    edit: (x) => setL1(x, 0, { flags: 1n }),
  },
  {
    name: 'calls a deposit of another token good: the channel gets as many units of its own',
    rule: /l1op\[1\]/,
    start: depositScenario,
    edit: (x) => setL1(x, 1, { flags: 0n }),
  },
  {
    name: 'two deposits create one account',
    rule: /l1op\[1\]/,
    start: twoDepositsScenario,
    edit: (x) => {
      const second = x.index.indexOf(31n);
      for (const list of [x.kind, x.a, x.b, x.cc, x.born, x.birth]) list[second] = 0n;
      setL1(x, 1, { index: 30n });
    },
  },
];

/** L1: 0 a deposit to channel 6; 1 one of another token (void). */
function depositScenario(): Scenario {
  const batch = openBatch(channelTree());
  batch.applyL1({ opcode: 2, index: at(CHANNEL), token: 0, amount: 25n, address: bob.address });
  batch.applyL1({ opcode: 2, index: at(CHANNEL), token: 7, amount: 25n, address: bob.address });
  return { before: channelTree(), closed: close(batch) };
}

/** L1: two deposits of Dave's, the same in every word but the index. */
function twoDepositsScenario(): Scenario {
  const batch = openBatch(fundedTree());
  for (const index of [30, 31]) batch.applyL1(depositNew(dave, 77n), at(index));
  return { before: fundedTree(), closed: close(batch) };
}
