import { type Attack, resign, setL1, setOp, signAs } from '../edits.ts';
import { alice, bob, OVER, overScenario } from '../scenario.ts';

/** Slots of `overScenario`: 0 Alice (1), 1 Bob (2), 2 model (5), 3 channel 6, 4 channel 7. Ops: 0 CLOSE of 6 by Alice; 1 TRANSFER from the model by Bob. */
const ATTACKS: readonly Attack[] = [
  {
    name: 'closes a second before the grace is past',
    rule: /op\[0\]\.move/,
    edit: (x) => {
      x.header[4] = BigInt(OVER - 1);
    },
  },
  {
    name: 'the provider closes',
    rule: /op\[0\]/,
    edit: (x) => {
      setOp(x, 0, { to: 2n });
      signAs(x, 0, { who: bob, signer: 2 }, [0, 0]);
      signAs(x, 1, { who: bob, signer: 2, nonce: 1n }, [1, 1]);
    },
  },
  {
    name: 'the provider closes under its own authority to the payer',
    rule: /txProduct|opTxs/,
    edit: (x) => {
      signAs(x, 0, { who: bob, signer: 2 }, [0, 0]);
      signAs(x, 1, { who: bob, signer: 2, nonce: 1n }, [1, 1]);
    },
  },
  {
    name: 'a close pays somebody else than the payer',
    rule: /op\[0\]/,
    edit: (x) => {
      setOp(x, 0, { to: 2n });
      resign(x, 0, alice, 0, 0);
    },
  },
  {
    name: 'closes with more than is left',
    rule: /op\[0\]\.move/,
    edit: (x) => {
      setOp(x, 0, { amount: 1001n });
      resign(x, 0, alice, 0, 0);
    },
  },
  {
    name: 'CLOSE of the model’s account',
    rule: /op\[1\]\.move/,
    edit: (x) => {
      setOp(x, 1, { opcode: 7n });
      resign(x, 1, bob, 1, 1);
    },
  },
  {
    name: 'a claim passed off as a close: the payer takes from a channel that is not over',
    rule: /op\[0\]\.move/,
    edit: (x) => {
      x.header[4] = BigInt(OVER - 86_400);
    },
  },
  {
    name: 'a forced exit of a channel that is not over',
    rule: /l1op\[0\]/,
    edit: (x) => {
      x.header[4] = BigInt(OVER - 501);
    },
  },
  {
    name: 'calls a good forced exit of a channel void',
    rule: /l1op\[0\]/,
    edit: (x) => setL1(x, 0, { flags: 1n, token: 0n, amount: 0n }),
  },
  {
    name: 'pays a channel’s forced exit to its provider',
    rule: /l1op\[0\]/,
    edit: (x) => {
      const words = x.l1[0] ?? [];
      words[3] = bob.address;
    },
  },
  {
    name: 'pays less than a channel holds',
    rule: /l1op\[0\]\.forcedExit/,
    edit: (x) => setL1(x, 0, { amount: 69n }),
  },
  {
    name: 'a stranger’s forced exit of a model is called good',
    rule: /l1op\[1\]/,
    edit: (x) => setL1(x, 1, { flags: 0n, amount: 11n }),
  },
  {
    name: 'somebody else than the owner takes a model’s income',
    rule: /txProduct|opTxs/,
    edit: (x) => {
      signAs(x, 1, { who: alice, signer: 1, nonce: 1n }, [1, 1]);
    },
  },
  {
    name: 'a model’s account registers another',
    rule: /op\[1\]/,
    edit: (x) => {
      setOp(x, 1, { opcode: 2n });
      resign(x, 1, bob, 1, 1);
    },
  },
  {
    name: 'a payment out of a channel by the payer’s signature',
    rule: /op\[0\]\.move/,
    edit: (x) => {
      setOp(x, 0, { opcode: 1n });
      resign(x, 0, alice, 0, 0);
    },
  },
  {
    name: 'an exit out of a channel by the payer’s signature',
    rule: /op\[0\]\.move/,
    edit: (x) => {
      setOp(x, 0, { opcode: 3n, to: 0n, flags: 3n });
      const words = x.ops[0] ?? [];
      words[1] = alice.address;
      x.exits[0] = [alice.address, 900n];
      x.exitUsed[0] = 1n;
      resign(x, 0, alice, 0, 0);
    },
  },
];

export const OVER_ATTACKS: readonly Attack[] = ATTACKS.map((attack) => ({ ...attack, start: overScenario }));
