import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BridgeError } from '../../bridge/client/errors.ts';
import { type LocalL1, localClients, startLocalL1 } from '../../bridge/deploy/localL1.ts';
import { AccountTurn } from './accountTurn.ts';
import { L1Sender, type L1SenderOptions } from './l1Sender.ts';

/** Against a real node. */
let l1: LocalL1;
beforeAll(async () => {
  l1 = await startLocalL1({ accounts: 3 });
});
afterAll(() => l1.stop());

const CALL = { to: `0x${'11'.repeat(20)}`, data: '0x', value: 1n } as const;

function senderOf(position: number, options: L1SenderOptions = {}, turn?: AccountTurn): L1Sender {
  const account = l1.accounts[position] ?? privateKeyToAccount(`0x${'77'.repeat(32)}`);
  const { publicClient } = localClients(l1);
  const deps = { publicClient, account, turn, simulate: async () => 21_000n };
  return new L1Sender({ pollMs: 20, patienceMs: 200, ...options }, deps);
}

async function pendingOf(address: Hex) {
  const block = await localClients(l1).publicClient.getBlock({ blockTag: 'pending', includeTransactions: true });
  return block.transactions.filter(({ from }) => from.toLowerCase() === address.toLowerCase());
}

describe('L1Sender', () => {
  it('sends one call after the other', async () => {
    const { publicClient } = localClients(l1);
    const sender = senderOf(0);
    const first = await sender.send(CALL);
    const second = await sender.send(CALL);
    expect(second.blockNumber).toBeGreaterThan(first.blockNumber);
    expect(await publicClient.getBalance({ address: CALL.to })).toBe(2n);
  });

  it('outbids what was not mined in time, under the same nonce', async () => {
    const { testClient, publicClient } = localClients(l1);
    const sender = senderOf(1);
    await testClient.setAutomine(false);
    await expect(sender.send(CALL)).rejects.toMatchObject({ code: 'UNAVAILABLE', data: { reason: 'not mined' } });
    const [stuck] = await pendingOf(sender.address);
    const sent = sender.send(CALL);
    await expect.poll(async () => (await pendingOf(sender.address))[0]?.hash).not.toBe(stuck?.hash);
    await testClient.setAutomine(true);
    await testClient.mine({ blocks: 1 });
    expect((await sent).hash).not.toBe(stuck?.hash);
    expect(await publicClient.getTransactionCount({ address: sender.address })).toBe(1);
  });

  it('shares its account: it waits for its turn, and gives it back whatever happens', async () => {
    const turn = new AccountTurn();
    const shared = senderOf(0, {}, turn);
    turn.take();
    const sent = shared.send(CALL);
    await expect(Promise.race([sent, new Promise((tick) => setImmediate(() => tick('waits')))])).resolves.toBe('waits');
    turn.release();
    await sent;
    await Promise.all([shared.send(CALL), shared.send(CALL)]);
    await expect(senderOf(9, {}, turn).send(CALL)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    expect(turn.take()).toBe(true);
    const stop = new AbortController();
    const stopped = shared.send(CALL, stop.signal);
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    turn.release();
    await shared.send(CALL);
  });

  it('does not wait any more once it is told to stop', async () => {
    const { testClient } = localClients(l1);
    await testClient.setAutomine(false);
    const stop = new AbortController();
    const sender = senderOf(2, { patienceMs: 600_000 });
    const sent = sender.send(CALL, stop.signal);
    await expect.poll(async () => (await pendingOf(sender.address)).length).toBe(1);
    stop.abort();
    await expect(sent).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await testClient.setAutomine(true);
    await testClient.mine({ blocks: 1 });
  });

  it('tells an empty account, and why a call would fail', async () => {
    await expect(senderOf(9).send(CALL)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    const [account] = l1.accounts;
    if (account === undefined) throw new RangeError('no account');
    const { publicClient } = localClients(l1);
    const simulate = async (): Promise<bigint> => {
      throw new BridgeError('NotAttestor', {});
    };
    const sender = new L1Sender({}, { publicClient, account, simulate });
    await expect(sender.send(CALL)).rejects.toMatchObject({ code: 'NotAttestor' });
  });
});
