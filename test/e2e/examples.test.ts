/** Every example of examples/ does what it says, on a node, an L1 and contracts that are real; batch proofs are the demos' matter. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { depositTransferWithdraw } from '../../examples/01-deposit-transfer-withdraw.ts';
import { attestModel } from '../../examples/02-attest-model.ts';
import { payPerInference } from '../../examples/03-pay-per-inference.ts';
import { rewardRound } from '../../examples/04-reward-round.ts';
import { evmLane } from '../../examples/05-evm-lane.ts';
import { askAModel } from '../../examples/06-ask-a-model.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';

let devnet: InstantDevnet;
beforeAll(async () => {
  devnet = await startInstantDevnet({ flags: { '--sequencer-batch-ms': 1_000 } });
});
afterAll(() => devnet?.stop());

const options = () => ({ rpc: devnet.rpcUrl, l1: devnet.l1Url, log: () => undefined });

describe('the example', () => {
  it('deposits, transfers and withdraws', async () => {
    expect(await depositTransferWithdraw(options())).toEqual({
      balance: 1_500_000_000_000_000_000n,
      owed: 1_250_000_000_000_000_000n,
      left: 250_000_000_000_000_000n,
    });
  });

  it('attests a model', async () => {
    const { isAttested, owner, from, ancestors, data } = await attestModel(options());
    expect({ isAttested, owner, ancestors }).toEqual({ isAttested: true, owner: from, ancestors: [data.index] });
  });

  it('pays for each inference', async () => {
    const { claimed, royalty, isSettled, batch, isClosed } = await payPerInference(options());
    expect(claimed).toBe(2_500_000_000_000_000n);
    expect(royalty).toBe(250_000_000_000_000n);
    expect({ isSettled, isClosed }).toEqual({ isSettled: true, isClosed: true });
    expect(batch).toBeGreaterThan(0);
  });

  it('runs as a program', async () => {
    const file = fileURLToPath(new URL('../../examples/04-reward-round.ts', import.meta.url));
    const { rpc, l1 } = options();
    const args = ['--import', 'tsx', file, '--rpc', rpc, '--l1', l1];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toMatch(/^20 contributors got \d+ wei with 1 signature\n$/);
  });

  it('goes into the EVM lane and back', async () => {
    expect(await evmLane(options())).toEqual({
      isDelivered: true,
      ledgerBalance: 1_500_000_000_000_000_000n,
      received: 700_000_000_000_000_000n,
    });
  });

  it('asks a model from a contract', async () => {
    expect(await askAModel(options())).toEqual({ isRight: true, isLearnt: true, paid: [0n, 1n, 1n] });
  });

  it('pays a reward round', async () => {
    expect(await rewardRound(options())).toMatchObject({ isPaid: true, signatures: 1 });
  });
});
