/** The demos' stories, to the wei, without waiting for batch proofs: `npm run demo` tells them with real ones. */
import { afterEach, describe, expect, it } from 'vitest';
import { runAgents } from '../../scripts/demo/agents.ts';
import { PATIENT, runAi } from '../../scripts/demo/ai.ts';
import { runLedger } from '../../scripts/demo/ledger.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';

const MINUTES = 60_000;
let devnet: InstantDevnet | undefined;
afterEach(async () => {
  await devnet?.stop();
  devnet = undefined;
});

const options = (): Parameters<typeof runLedger>[1] => ({
  onStep: () => undefined,
  start: performance.now(),
  constraintsOf: async () => 0,
});

describe('the demo', () => {
  it(
    'of the ledger reconciles',
    async () => {
      devnet = await startInstantDevnet({ flags: { '--sequencer-batch-ms': 1_000 } });
      expect(await runLedger(devnet, options())).toMatchObject({ reconciled: true, mismatches: [] });
    },
    2 * MINUTES,
  );

  it(
    'of AI work reconciles, and L1 alone confirms its receipts and attestations',
    async () => {
      devnet = await startInstantDevnet({ settings: PATIENT });
      const result = await runAi(devnet, options(), { inferencesPerStream: 200 });
      expect(result).toMatchObject({ reconciled: true, mismatches: [], claims: 5, rewardRecipients: 20 });
      expect(result.inferencesSettled).toBe(2 * 200 + 500);
    },
    2 * MINUTES,
  );

  it(
    'of agents reconciles: the cheat earns nothing, the better model more',
    async () => {
      devnet = await startInstantDevnet({ settings: PATIENT });
      const result = await runAgents(devnet, options(), { epochs: 2 });
      expect(result).toMatchObject({ reconciled: true, mismatches: [], epochs: 2 });
    },
    4 * MINUTES,
  );
});
