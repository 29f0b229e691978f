import { type Hex, keccak256, parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RollupReader } from '../../bridge/client/interface.ts';
import { type LocalL1, localClients, startLocalL1 } from '../../bridge/deploy/localL1.ts';
import type { PostableBatch } from '../../sequencer/l1Port.ts';
import { ViemL1Port } from './l1Port.ts';

/** The port against a real node; the contract's side is covered by the bridge's tests and end to end. */
let l1: LocalL1;
let port: ViemL1Port;
const mined: [string, bigint][] = [];

const reader = {
  calls: { commitBatch: () => ({ to: `0x${'11'.repeat(20)}`, data: '0x', value: 1n }) },
  simulate: async () => 50_000n,
} as unknown as RollupReader; // only what signing a commit touches

const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n };

function sign(nonce: number, change: Partial<typeof fees> = {}, of = port) {
  // the reader above does not look at the batch
  return of.signCommit({} as PostableBatch, { nonce, fees: { ...fees, ...change } });
}

beforeAll(async () => {
  l1 = await startLocalL1({ accounts: 2 });
  const [account] = l1.accounts;
  port = new ViemL1Port(
    { deployedAt: 0n },
    { publicClient: localClients(l1).publicClient, reader, account, onMined: (...entry) => mined.push(entry) },
  );
});
afterAll(() => l1.stop());

describe('transactions', () => {
  it('knows the hash before sending, and the receipt once mined', async () => {
    const { hash, raw } = await sign(await port.nonce());
    expect(hash).toBe(keccak256(raw));
    expect(await port.receipt(hash)).toBeUndefined();
    await port.broadcast(raw);
    await expect.poll(() => port.receipt(hash)).toMatchObject({ isSuccess: true });
    expect(mined.map(([call]) => call)).toEqual(['commit']);
  });

  it('tells a used nonce from a transaction that is known', async () => {
    const { raw } = await sign(0, { maxFeePerGas: 2n * 10n ** 10n });
    await expect(port.broadcast(raw)).rejects.toMatchObject({ code: 'NONCE_TOO_LOW' });
  });

  it('tells what waits already from what pays too little to replace it', async () => {
    const { testClient } = localClients(l1);
    await testClient.setAutomine(false);
    const nonce = await port.nonce();
    const { raw } = await sign(nonce);
    await port.broadcast(raw);
    await expect(port.broadcast(raw)).rejects.toMatchObject({ code: 'ALREADY_KNOWN' });
    const same = await sign(nonce, { maxPriorityFeePerGas: 10n ** 9n + 1n });
    await expect(port.broadcast(same.raw)).rejects.toMatchObject({ code: 'UNDERPRICED' });
    const better = await sign(nonce, { maxFeePerGas: 2n * 10n ** 10n, maxPriorityFeePerGas: 2n * 10n ** 9n });
    await port.broadcast(better.raw);
    await testClient.mine({ blocks: 1 });
    await testClient.setAutomine(true);
    expect(await port.receipt(better.hash)).toMatchObject({ isSuccess: true });
  });

  it('reports an empty account', async () => {
    const key: Hex = `0x${'77'.repeat(32)}`;
    const account = privateKeyToAccount(key);
    const poor = new ViemL1Port({ deployedAt: 0n }, { publicClient: localClients(l1).publicClient, reader, account });
    const { raw } = await sign(0, {}, poor);
    await expect(poor.broadcast(raw)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
  });

  it('suggests fees that a transaction can pay', async () => {
    const { maxFeePerGas, maxPriorityFeePerGas } = await port.suggestFees();
    expect(maxFeePerGas >= maxPriorityFeePerGas && maxFeePerGas < parseEther('0.001')).toBe(true);
  });
});

describe('failures', () => {
  it('needs a key for what it sends', async () => {
    const { publicClient } = localClients(l1);
    const follower = new ViemL1Port({ deployedAt: 0n }, { publicClient, reader, account: undefined });
    await expect(follower.nonce()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('reports a node that is gone', async () => {
    const other = await startLocalL1({ accounts: 1 });
    const gone = new ViemL1Port(
      { deployedAt: 0n },
      { publicClient: localClients(other).publicClient, reader, account: other.accounts[0] },
    );
    await other.stop();
    await expect(gone.nonce()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
