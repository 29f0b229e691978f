/** What a malicious sequencer might try: each forged batch is complete and consistent but for one rule, and violates a constraint of that rule. */
import { beforeAll, describe, expect, test } from 'vitest';
import { BASE8 } from '../protocol/crypto/babyjub.ts';
import { sign } from '../protocol/crypto/eddsa.ts';
import { poseidon } from '../protocol/crypto/poseidon.ts';
import { computeDomain } from '../protocol/domain.ts';
import { R_FIELD } from '../protocol/field.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { type Actor, TEST_DOMAIN, TEST_TIME } from '../protocol/testing/actors.ts';
import type { Field } from '../protocol/types.ts';
import { batchSource } from './build/circuits.ts';
import { type BatchInputs, bind, inputsOf, settle } from './test/forge.ts';
import { TestCircuit } from './test/harness.ts';
import { alice, bob, carol, dave, l1Scenario, scenario } from './test/scenario.ts';

const { A } = SHAPES.small;
const SOURCE = batchSource(SHAPES.small);

let circuit: TestCircuit;
beforeAll(async () => {
  circuit = await TestCircuit.compile(SOURCE);
}, 300_000);

const OFFSET = { opcode: 0n, flags: 8n, from: 16n, to: 48n, amount: 80n, fee: 176n } as const;
const WIDTH = { opcode: 8n, flags: 8n, from: 32n, to: 32n, amount: 96n, fee: 64n } as const;
const L1_OFFSET = { opcode: 0n, flags: 8n, index: 16n, token: 48n, amount: 64n } as const;
const L1_WIDTH = { opcode: 8n, flags: 8n, index: 32n, token: 16n, amount: 96n } as const;

function put(word: bigint, offset: bigint, width: bigint, value: bigint): bigint {
  const mask = ((1n << width) - 1n) << offset;
  return (word & ~mask) | (value << offset);
}

function setOp(inputs: BatchInputs, i: number, fields: Partial<Record<keyof typeof OFFSET, bigint>>): void {
  const words = inputs.ops[i] ?? [];
  for (const [name, value] of Object.entries(fields) as [keyof typeof OFFSET, bigint][]) {
    words[0] = put(words[0] ?? 0n, OFFSET[name], WIDTH[name], value);
  }
}

function setL1(inputs: BatchInputs, i: number, fields: Partial<Record<keyof typeof L1_OFFSET, bigint>>): void {
  const words = inputs.l1[i] ?? [];
  for (const [name, value] of Object.entries(fields) as [keyof typeof L1_OFFSET, bigint][]) {
    words[0] = put(words[0] ?? 0n, L1_OFFSET[name], L1_WIDTH[name], value);
  }
}

/** Signs slot `s` again over ops `first … last` as they stand in the inputs, so that the signature is not what fails. */
function resign(inputs: BatchInputs, s: number, who: Actor, first: number, last: number): void {
  let chain: bigint = inputs.header[0] ?? 0n;
  for (let i = first; i <= last; i++) {
    const [w0 = 0n, w1 = 0n, w2 = 0n, w3 = 0n] = inputs.ops[i] ?? [];
    const isRegister = (w0 & 255n) === 2n;
    chain = poseidon([chain, isRegister ? put(w0, 48n, 32n, 0n) : w0, w1, w2, w3].map((w) => w % R_FIELD));
  }
  inputs.sigChain[s] = chain;
  const signerAndNonce = (inputs.sigSigner[s] ?? 0n) + ((inputs.sigNonce[s] ?? 0n) << 32n);
  const message = poseidon([chain, signerAndNonce, inputs.sigValidUntil[s] ?? 0n, inputs.header[0] ?? 0n]);
  const signature = sign(who.seed, message);
  inputs.sigR8x[s] = signature.r8[0];
  inputs.sigR8y[s] = signature.r8[1];
  inputs.sigS[s] = signature.s;
}

interface Attack {
  readonly name: string;
  readonly rule: RegExp;
  readonly edit: (inputs: BatchInputs) => void;
  readonly start?: typeof scenario;
  /** false: keep roots and paths as they are after the edit (the edit is about them). */
  readonly settle?: boolean;
}

/** Slots of `scenario`: 0 Alice (1), 1 Bob (2), 2 Carol (3, token 7), 3 fees (9), 4 Dave (20). */
const ATTACKS: readonly Attack[] = [
  // value
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
    rule: /op\[2\]|sigChain/,
    edit: (x) => setOp(x, 0, { amount: 101n }),
  },
  {
    name: 'changes a memo of a signed op',
    rule: /op\[2\]|sigChain/,
    edit: (x) => {
      const words = x.ops[0] ?? [];
      words[1] = 999n;
    },
  },
  {
    name: 'diverts a payment to the fee account',
    rule: /op\[3\]|sigChain/,
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
  // signatures
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
    rule: /op\[3\]\.hotSig/,
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
    rule: /sigEnabled/,
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
    rule: /op\[3\]|op\[4\]|sigEnabled/,
    edit: (x) => {
      // op 4 becomes a copy of Bob's op 3, and slot 2 is switched off
      x.ops[4] = [...(x.ops[3] ?? [])];
      x.sigEnabled[2] = 0n;
    },
  },
  {
    name: 'a disabled slot is used',
    rule: /op\[4\]\.hotSig/,
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
  // transactions
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
  // creation
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
      const last = A - 1;
      for (const list of [
        x.index,
        x.balance,
        x.claimed,
        x.nonce,
        x.token,
        x.kind,
        x.a,
        x.b,
        x.cc,
        x.oldLive,
        x.born,
        x.birth,
      ]) {
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
    rule: /register/,
    edit: (x) => {
      const words = x.ops[1] ?? [];
      words[1] = dave.key[0] + 1n;
      x.a[4] = dave.key[0] + 1n;
      resign(x, 0, alice, 0, 2);
    },
  },
  {
    name: 'registers with Ethereum address 0',
    rule: /noAddress/,
    edit: (x) => {
      const words = x.ops[1] ?? [];
      words[3] = 0n;
      x.cc[4] = 0n;
      resign(x, 0, alice, 0, 2);
    },
  },
  {
    name: 'registers with 161 bits of Ethereum address',
    rule: /addressBits/,
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
  // exits
  {
    name: 'the exit slot pays another recipient',
    rule: /op\[2\]\.exitRules|exits/,
    edit: (x) => {
      x.exits[0] = [0xbadn, x.exits[0]?.[1] ?? 0n];
    },
  },
  {
    name: 'the exit slot pays more',
    rule: /op\[2\]\.exitRules|exits/,
    edit: (x) => {
      x.exits[0] = [0xbeefn, 41n];
    },
  },
  {
    name: 'the exit slot pays another token',
    rule: /op\[2\]\.exitRules|exits/,
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
    rule: /exitRules|exits/,
    edit: (x) => {
      x.exits.reverse();
    },
  },
  {
    name: 'an exit op without its slot',
    rule: /exitRules|exits/,
    edit: (x) => {
      x.exits[0] = [0n, 0n];
    },
  },
  {
    name: 'a recipient of 161 bits that would spill into the token',
    rule: /addressBits/,
    edit: (x) => {
      const words = x.ops[2] ?? [];
      words[1] = 0xbeefn + (1n << 160n);
      x.exits[0] = [words[1], x.exits[0]?.[1] ?? 0n];
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
  // L1 operations
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
  // slots, roots, words
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
      for (const list of [
        x.index,
        x.balance,
        x.claimed,
        x.nonce,
        x.token,
        x.kind,
        x.a,
        x.b,
        x.cc,
        x.oldLive,
        x.born,
        x.birth,
      ]) {
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
    rule: /write\[4\]/,
    settle: false,
    edit: (x) => {
      x.header[2] = (x.header[2] ?? 0n) + 1n;
    },
  },
  {
    name: 'a wrong old root',
    rule: /write\[0\]/,
    settle: false,
    edit: (x) => {
      x.header[1] = (x.header[1] ?? 0n) + 1n;
    },
  },
];

describe('forged batches', () => {
  test.each(ATTACKS)('$name', async ({ rule, edit, start = scenario, settle: isSettled = true }) => {
    const { before, closed } = start();
    const inputs = inputsOf(closed);
    edit(inputs);
    if (isSettled) settle(inputs, before, SHAPES.small);
    else bind(inputs, SHAPES.small);
    const witness = await circuit.solve(inputs as never);
    const violated = circuit.violations(witness).map((i) => circuit.describe(i));
    // The optimiser merges signals and rules overlap, so others may fail too; the one that the attack is about must.
    expect(violated.map((signals) => signals.join(' '))).toContainEqual(expect.stringMatching(rule));
  });
});

describe('the words and what was posted', () => {
  test.each([
    ['C', (x: BatchInputs) => (x.c += 1n)],
    ['y', (x: BatchInputs) => (x.y += 1n)],
    ['r', (x: BatchInputs) => (x.r += 1n)],
    ['a word that only passes through (the EVM commitment)', (x: BatchInputs) => (x.header[9] = 5n)],
    ['the batch number', (x: BatchInputs) => (x.header[3] = 8n)],
  ])('%s does not fit', async (_name, edit) => {
    const inputs = inputsOf(scenario().closed);
    edit(inputs);
    expect(circuit.violations(await circuit.solve(inputs as never)).length).toBeGreaterThan(0);
  });
});

test('a padding signature slot needs points on the curve, and says nothing', async () => {
  const inputs = inputsOf(scenario().closed);
  expect([inputs.sigEnabled[3], inputs.sigAx[3], inputs.sigAy[3]]).toEqual([0n, BASE8[0], BASE8[1]]);
  inputs.sigR8y[3] = 2n as Field;
  const violated = circuit.violations(await circuit.solve(inputs as never)).map((i) => circuit.describe(i).join(' '));
  expect(violated.length).toBeGreaterThan(0);
  for (const signals of violated) expect(signals).toMatch(/sig\[3\]\.verify|sigR8/);
});
