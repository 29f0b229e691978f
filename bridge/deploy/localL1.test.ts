import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { localClients, startLocalL1 } from './localL1.ts';

it('keeps its state over a restart', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'engram-l1-'));
  const statePath = join(directory, 'state.json');
  try {
    const first = await startLocalL1({ statePath });
    const [from, to] = first.accounts;
    if (from === undefined || to === undefined) return expect.unreachable();
    const { publicClient, walletClient } = localClients(first);
    const hash = await walletClient(from).sendTransaction({ to: to.address, value: 5n });
    await publicClient.waitForTransactionReceipt({ hash });
    await first.stop();
    expect(existsSync(statePath)).toBe(true);

    const second = await startLocalL1({ statePath, port: first.port });
    expect(second.url).toBe(first.url);
    const again = localClients(second).publicClient;
    expect(await again.getBlockNumber()).toBe(1n);
    expect((await again.getTransactionReceipt({ hash })).status).toBe('success');
    await second.stop();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

it('stops twice, and then answers no more', async () => {
  const l1 = await startLocalL1();
  await Promise.all([l1.stop(), l1.stop()]);
  await l1.stop();
  await expect(fetch(l1.url)).rejects.toThrow();
});

it('takes a free port each time and the chain id asked for', async () => {
  const nodes = await Promise.all([startLocalL1({ chainId: 1337 }), startLocalL1()]);
  try {
    expect(new Set(nodes.map(({ port }) => port)).size).toBe(2);
    const ids = await Promise.all(nodes.map((l1) => localClients(l1).publicClient.getChainId()));
    expect(ids).toEqual([1337, 31337]);
    const [one] = nodes;
    const funded = await localClients(one).publicClient.getBalance({ address: one.accounts[9]?.address ?? '0x' });
    expect(funded).toBeGreaterThan(0n);
  } finally {
    await Promise.all(nodes.map((l1) => l1.stop()));
  }
});

it('says why it did not come up', async () => {
  const l1 = await startLocalL1();
  try {
    await expect(startLocalL1({ port: l1.port })).rejects.toMatchObject({ code: 'ANVIL_FAILED' });
  } finally {
    await l1.stop();
  }
});
