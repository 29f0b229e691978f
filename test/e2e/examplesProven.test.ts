/** A developer's first program to its end on a devnet as `npm start` makes it: real batch proofs, verified by the contract that pays. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { depositTransferWithdraw } from '../../examples/01-deposit-transfer-withdraw.ts';
import { type Devnet, startDevnet } from '../../node/devnet/devnet.ts';

const MINUTES = 60_000;
let devnet: Devnet | undefined;
beforeAll(async () => {
  devnet = await startDevnet({ shapes: ['small'], fund: false, blockMs: 200, batchMs: 4_000, l1WaitMs: 500 });
}, 10 * MINUTES);
afterAll(() => devnet?.stop());

it(
  'the first example withdraws what a real proof settled',
  async () => {
    const { rpcUrl, l1Url } = devnet ?? expect.unreachable();
    const { owed } = await depositTransferWithdraw({ rpc: rpcUrl, l1: l1Url, log: () => undefined });
    expect(owed).toBe(1_250_000_000_000_000_000n);
  },
  5 * MINUTES,
);
