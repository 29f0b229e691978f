import { type Attack, resign, setOp } from '../edits.ts';
import type { BatchInputs } from '../forge.ts';
import { alice, bob, CHANNEL, claimScenario, MODEL } from '../scenario.ts';

/** Slots of `scenario`: 0 Alice (1), 1 Bob (2), 2 Carol (3, token 7), 3 fees (9), 4 Dave (20). */
export const VALUE_ATTACKS: readonly Attack[] = [
  {
    name: 'spends more than the balance',
    rule: /op\[3\]\.move/,
    edit: (x) => {
      setOp(x, 3, { amount: 100_000n });
      resign(x, 1, bob, 3, 3);
    },
  },
  {
    name: 'spends the balance but not the fee',
    rule: /op\[3\]\.move/,
    edit: (x) => {
      setOp(x, 3, { amount: 500n + 25n + 100n, fee: 1n });
      resign(x, 1, bob, 3, 3);
    },
  },
  {
    name: 'pays an account of another token',
    rule: /op\[3\]\.move\.hotTo/,
    edit: (x) => {
      setOp(x, 3, { to: 3n });
      resign(x, 1, bob, 3, 3);
    },
  },
  {
    name: 'pays an account before it exists',
    rule: /op\[0\]\.move\.(hotTo|btLive|birthTo)/,
    edit: (x) => {
      setOp(x, 0, { to: 20n });
      resign(x, 0, alice, 0, 2);
    },
  },
  {
    name: 'pays index 0',
    rule: /op\[3\]/,
    edit: (x) => {
      setOp(x, 3, { to: 0n });
      resign(x, 1, bob, 3, 3);
    },
  },
  {
    name: 'changes the amount of a signed op',
    rule: /txProduct|opTxs/,
    edit: (x) => setOp(x, 0, { amount: 101n }),
  },
  {
    name: 'changes a memo of a signed op',
    rule: /txProduct|opTxs/,
    edit: (x) => {
      const words = x.ops[0] ?? [];
      words[1] = 999n;
    },
  },
  {
    name: 'diverts a payment to the fee account',
    rule: /txProduct|opTxs/,
    edit: (x) => setOp(x, 3, { to: 9n }),
  },
  {
    name: 'keeps the fee of an op: no lane is named',
    rule: /laneFee|hotFee/,
    edit: (x) => {
      x.header[6] = 0n;
      x.laneToken[0] = 0n;
    },
  },
  {
    name: 'credits the fee to an account that no lane names',
    rule: /./,
    settle: false,
    edit: (x) => {
      x.header[6] = 1n;
    },
  },
  {
    name: 'a lane of another token takes the fee',
    rule: /hotFee|laneFee|hotLane/,
    edit: (x) => {
      x.header[6] = 3n;
      x.laneToken[0] = 7n;
    },
  },
  {
    name: 'a lane lies about its token',
    rule: /hotLane/,
    edit: (x) => {
      x.header[6] = 3n;
      x.laneToken[0] = 0n;
    },
  },
  {
    name: 'two lanes of one token',
    rule: /sameLane/,
    edit: (x) => {
      x.header[6] = 9n | (1n << 32n);
      x.laneToken[1] = 0n;
    },
  },
  {
    name: 'a lane index beyond 24 bits',
    rule: /laneBits|hotLane|lane/,
    edit: (x) => {
      x.header[6] = 9n + (1n << 24n);
    },
  },
  ...[MODEL, CHANNEL].map((index) => ({
    name: `a lane names ${index === MODEL ? 'a model' : 'a channel'} as its fee account`,
    rule: /hotLane/,
    start: claimScenario,
    edit: (x: BatchInputs) => {
      x.header[6] = BigInt(index);
    },
  })),
];
