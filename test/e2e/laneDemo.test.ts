/** The demo's story of the EVM lane, to the wei, without waiting for batch proofs: `npm run demo -- evm` tells it with real ones. */
import { afterEach, expect, it } from 'vitest';
import { devAccount } from '../../node/devnet/accounts.ts';
import { PATIENT } from '../../scripts/demo/ai.ts';
import { runEvm } from '../../scripts/demo/evm.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';

let devnet: InstantDevnet | undefined;
afterEach(() => devnet?.stop());

it('a contract pays for receipts of the ledger, and everything reconciles', async () => {
  const flags = { '--evm-beneficiary': devAccount('fees').l1.address };
  devnet = await startInstantDevnet({ settings: PATIENT, flags });
  const options = { onStep: () => undefined, start: performance.now(), constraintsOf: async () => 0 };
  const result = await runEvm(devnet, options, { inferences: 100 });
  expect(result).toMatchObject({ mismatches: [], reconciled: true, receiptsPaid: 12, inferencesSettled: 120 });
  expect(Object.values(result.refusals)).not.toContain('');
}, 120_000);
