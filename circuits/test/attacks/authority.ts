import { packAttestation } from '../../../protocol/account.ts';
import { attest, exit, open, transfer } from '../../../protocol/testing/actors.ts';
import { by } from '../../../protocol/testing/market.ts';
import type { AccountTree } from '../../../protocol/tree.ts';
import { type Field, Kind, Subtype } from '../../../protocol/types.ts';
import { type Attack, resign, setOp, signAs } from '../edits.ts';
import { alice, at, bob, channelTree, close, EXPIRY, FEES, MODEL, openBatch, type Scenario } from '../scenario.ts';

const CHILD = 10;

/** Alice opens channel 21, Bob pays himself. Slots: 0 padding · 1 Alice · 2 Bob · 3 model · 4 channel 21. */
function openScenario(): Scenario {
  const batch = openBatch(channelTree());
  const parts = { provider: 2, voucherKey: alice, amount: 60n, model: MODEL, expiry: EXPIRY };
  batch.applyTx(by(batch, alice, 1, open(1, 21, parts)));
  batch.applyTx(by(batch, bob, 2, transfer(2, 2, 1n)));
  return { before: channelTree(), closed: close(batch) };
}

/** Alice's fine-tune (10, of Bob's model) holds 50: she pays 20 of it to the fee account and exits 30. Slots: 0 padding · 1 Alice · 2 Bob · 3 fees · 4 fine-tune. */
function childScenario(): Scenario {
  const tree = (): AccountTree => {
    const made = channelTree();
    const c = packAttestation({ owner: at(1), parent: at(MODEL), royaltyBps: 0, subtype: Subtype.MODEL });
    const state = { kind: Kind.ATTEST, token: 0, nonce: 0, balance: 50n, claimed: 0n } as const;
    made.set(at(CHILD), { ...state, a: 7n as Field, b: 0n as Field, c });
    return made;
  };
  const batch = openBatch(tree());
  batch.applyTx(by(batch, bob, 2, transfer(2, 2, 0n)));
  batch.applyTx(by(batch, alice, 1, transfer(CHILD, FEES, 20n)));
  batch.applyTx(by(batch, alice, 1, exit(CHILD, 5n, 30n)));
  return { before: tree(), closed: close(batch) };
}

/** Alice attests one artefact twice, at 20 and 21. Slots: 0 padding · 1 Alice · 2 Bob (padding) · 3, 4 the attestations. */
function twinScenario(): Scenario {
  const batch = openBatch(channelTree());
  const parts = { artefact: 5n as Field, amount: 3n };
  batch.applyTx(by(batch, alice, 1, attest(1, 20, parts), attest(1, 21, parts)));
  return { before: channelTree(), closed: close(batch) };
}

export const AUTHORITY_ATTACKS: readonly Attack[] = [
  {
    name: 'opens a channel that another account pays for, which signed nothing',
    rule: /txProduct|opTxs/,
    start: openScenario,
    edit: (x) => {
      const words = x.ops[0] ?? [];
      words[3] = (words[3] ?? 0n) + (1n << 32n);
      x.cc[4] = words[3];
      setOp(x, 0, { from: 2n });
      resign(x, 0, alice, 0, 0);
    },
  },
  {
    name: 'opens a channel that another account pays for, with the opener as its payer',
    rule: /Product/,
    start: openScenario,
    edit: (x) => {
      setOp(x, 0, { from: 2n });
      signAs(x, 0, { who: bob, signer: 2 }, [0, 0]);
      signAs(x, 1, { who: bob, signer: 2, nonce: 1n }, [1, 1]);
    },
  },
  {
    name: 'the owner of the parent takes a fine-tune’s income',
    rule: /txProduct|opTxs/,
    start: childScenario,
    edit: (x) => {
      signAs(x, 1, { who: bob, signer: 2, nonce: 1n }, [1, 1]);
      signAs(x, 2, { who: alice, signer: 1, nonce: 0n }, [2, 2]);
    },
  },
  {
    name: 'a stranger exits with a model’s income',
    rule: /txProduct|opTxs/,
    start: childScenario,
    edit: (x) => signAs(x, 2, { who: bob, signer: 2, nonce: 1n }, [2, 2]),
  },
  {
    name: 'a stranger exits with a model’s income in a bundle with an op of its own',
    rule: /op\[[12]\]/,
    start: childScenario,
    edit: (x) => {
      setOp(x, 0, { flags: 0n });
      x.ops[1] = x.ops[2] ?? [];
      x.ops[2] = [0n, 0n, 0n, 0n];
      for (const s of [1, 2]) x.sigEnabled[s] = 0n;
      signAs(x, 0, { who: bob, signer: 2 }, [0, 1]);
    },
  },
  {
    name: 'the fine-tune is said to be the stranger’s',
    rule: /write\[4\]/,
    start: childScenario,
    settle: false,
    edit: (x) => {
      x.cc[4] = (x.cc[4] ?? 0n) + 1n;
      signAs(x, 1, { who: bob, signer: 2, nonce: 1n }, [1, 1]);
      signAs(x, 2, { who: bob, signer: 2, nonce: 2n }, [2, 2]);
    },
  },
  {
    name: 'an attestation is born with another owner than its op says',
    rule: /Product/,
    start: twinScenario,
    edit: (x) => {
      x.cc[3] = (x.cc[3] ?? 0n) + 1n;
    },
  },
  {
    name: 'a channel is born with another payer than its op says',
    rule: /Product/,
    start: openScenario,
    edit: (x) => {
      x.cc[4] = (x.cc[4] ?? 0n) + (1n << 32n);
    },
  },
  {
    name: 'two ops create one account',
    rule: /op\[1\]\.move/,
    start: twinScenario,
    edit: (x) => {
      setOp(x, 1, { to: 20n });
      for (const list of [x.kind, x.a, x.b, x.cc, x.born, x.birth]) list[4] = 0n;
      resign(x, 0, alice, 0, 1);
    },
  },
  {
    name: 'two ops create one account, which stands in two slots',
    rule: /above/,
    start: twinScenario,
    edit: (x) => {
      setOp(x, 1, { to: 20n });
      x.index[4] = 20n;
      resign(x, 0, alice, 0, 1);
    },
  },
];
