/** What a malicious sequencer might try: each forged batch is complete and consistent but for one rule, and violates a constraint of that rule. */
import { beforeAll, describe, expect, test } from 'vitest';
import { BASE8 } from '../protocol/crypto/babyjub.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { TEST_TIME } from '../protocol/testing/actors.ts';
import type { Field } from '../protocol/types.ts';
import { batchSource } from './build/circuits.ts';
import { AUTHORITY_ATTACKS } from './test/attacks/authority.ts';
import { CHANNEL_ATTACKS } from './test/attacks/channels.ts';
import { CLAIM_ATTACKS } from './test/attacks/claims.ts';
import { CREATION_ATTACKS } from './test/attacks/creation.ts';
import { EXIT_ATTACKS } from './test/attacks/exits.ts';
import { L1_ATTACKS } from './test/attacks/l1Operations.ts';
import { OVER_ATTACKS } from './test/attacks/over.ts';
import { SIGNATURE_ATTACKS } from './test/attacks/signatures.ts';
import { SLOT_ATTACKS } from './test/attacks/slots.ts';
import { TERMS_ATTACKS } from './test/attacks/terms.ts';
import { TRANSACTION_ATTACKS } from './test/attacks/transactions.ts';
import { VALUE_ATTACKS } from './test/attacks/value.ts';
import { resign } from './test/edits.ts';
import { type BatchInputs, bind, inputsOf, settle } from './test/forge.ts';
import { TestCircuit } from './test/harness.ts';
import { bob, scenario } from './test/scenario.ts';

let circuit: TestCircuit;
beforeAll(async () => {
  circuit = await TestCircuit.compile(batchSource(SHAPES.small));
}, 300_000);

describe.each([
  ['value', VALUE_ATTACKS] as const,
  ['signatures', SIGNATURE_ATTACKS] as const,
  ['transactions', TRANSACTION_ATTACKS] as const,
  ['creation', CREATION_ATTACKS] as const,
  ['authority', AUTHORITY_ATTACKS] as const,
  ['claims', CLAIM_ATTACKS] as const,
  ['several channels and models, last nonces', CHANNEL_ATTACKS] as const,
  ['attestations and channels: their terms', TERMS_ATTACKS] as const,
  ['channels that are over', OVER_ATTACKS] as const,
  ['exits', EXIT_ATTACKS] as const,
  ['L1 operations', L1_ATTACKS] as const,
  ['slots, roots, words', SLOT_ATTACKS] as const,
])('forged batches: %s', (_area, attacks) => {
  test.each(attacks)('$name', async ({ rule, edit, start = scenario, settle: isSettled = true }) => {
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

describe('validUntil: the circuit looks 2^40 s ahead of the timestamp, not at the 40 bits of the wire', () => {
  test.each([
    ['the last that it takes', 2n ** 40n - 1n, true],
    ['a second more', 2n ** 40n, false],
  ])('%s', async (_name, ahead, isTaken) => {
    const { before, closed } = scenario();
    const inputs = inputsOf(closed);
    inputs.sigValidUntil[1] = BigInt(TEST_TIME) + ahead;
    resign(inputs, 1, bob, 3, 3);
    const witness = await circuit.solve(settle(inputs, before, SHAPES.small) as never);
    const violated = circuit.violations(witness).map((i) => circuit.describe(i).join(' '));
    if (isTaken) expect(violated).toEqual([]);
    else expect(violated).toContainEqual(expect.stringMatching(/sig\[1\]\.notExpired/));
  });
});
