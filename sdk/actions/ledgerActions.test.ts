import { describe, expect, it } from 'vitest';
import { actor } from '../../protocol/testing/actors.ts';
import { Subtype } from '../../protocol/types.ts';
import { ledgerAccount } from '../accounts/ledgerAccount.ts';
import { engramChain } from '../chain.ts';
import { createLedgerClient } from '../client.ts';
import * as ops from '../ops.ts';
import { FakeNode } from '../testing/fakeNode.ts';

const alice = actor(1);
const bob = actor(2);
const SHA = new Uint8Array(32).fill(7);

function world() {
  const node = new FakeNode();
  const from = node.deposit(alice, 1_000_000n);
  const to = node.deposit(bob, 0n);
  const account = ledgerAccount(alice);
  const client = createLedgerClient({ chain: node.chain, transport: node.transport(), account, pollingIntervalMs: 1 });
  return { node, from, to, account, client };
}

describe('a ledger client', () => {
  it('transfers, with nonce, validity and the least fee filled in', async () => {
    const { node, client, from, to } = world();
    node.minimumFee = 5n;
    const hash = await client.transfer({ to, amount: 100n });
    expect((await client.waitFor(hash, 'included')).status).toBe('included');
    expect(node.account(to)?.balance).toBe(100n);
    expect((await client.getAccount(from)).balance).toBe(1_000_000n - 105n);
  });

  it('gives concurrent transactions consecutive nonces', async () => {
    const { node, client, to } = world();
    node.isHeld = true;
    const hashes = await Promise.all(
      Array.from({ length: 10 }, (_, i) => client.transfer({ to, amount: BigInt(i + 1) })),
    );
    expect(new Set(hashes).size).toBe(10);
    node.include();
    expect(node.account(to)?.balance).toBe(55n);
  });

  it('uses no nonce for a transaction that is refused', async () => {
    const { node, client, to } = world();
    const refused = client.transfer({ to, amount: 10_000_000n });
    const sent = client.transfer({ to, amount: 1n });
    await expect(refused).rejects.toMatchObject({ name: 'LedgerRefusedError', code: 'INSUFFICIENT_BALANCE' });
    await sent;
    expect(node.account(to)?.balance).toBe(1n);
  });

  it('takes the nonce of a transaction that the node dropped', async () => {
    const { node, client, to } = world();
    node.isHeld = true;
    const lost = await client.transfer({ to, amount: 1n });
    const behind = await client.transfer({ to, amount: 2n });
    node.setStatus(lost, 'dropped', 'EVICTED');
    await client.transfer({ to, amount: 4n });
    node.include();
    expect((await client.getTransactionStatus(behind)).status).toBe('included');
    expect(node.account(to)?.balance).toBe(6n);
  });

  it('finds that a transaction arrived though its answer did not', async () => {
    const { node, client, to } = world();
    node.onAccepted = () => {
      throw Object.assign(new Error('gone'), { code: -32002, data: { code: 'UNREACHABLE' } });
    };
    const hash = await client.transfer({ to, amount: 9n });
    expect((await client.getTransactionStatus(hash)).status).toBe('included');
  });

  it('tells the bytes before they are sent, and sends none if its caller cannot keep them', async () => {
    const { node, client, to } = world();
    const told: string[] = [];
    node.isHeld = true;
    const hash = await client.transfer({
      ...{ to, amount: 1n },
      onSigned: ({ hash, raw }) => {
        expect(node.calls).not.toContain('engram_sendTransaction');
        told.push(hash, raw);
      },
    });
    expect(told[0]).toBe(hash);
    // the very same again has no effect
    const again = client.request({ method: 'engram_sendTransaction', params: [told[1] as `0x${string}`] });
    await expect(again).rejects.toThrow();
    const refuse = (): void => {
      throw new RangeError('no room');
    };
    node.calls.length = 0;
    await expect(client.transfer({ to, amount: 1n, onSigned: refuse })).rejects.toThrow('no room');
    expect(node.calls).not.toContain('engram_sendTransaction');
  });

  it('pays from an attestation that the account owns', async () => {
    const { node, client, to } = world();
    const { index } = await client.attest({ sha256: SHA, subtype: Subtype.MODEL, amount: 50n });
    await client.transfer({ from: index, to, amount: 20n });
    expect(node.account(index)?.balance).toBe(30n);
    expect(node.account(to)?.balance).toBe(20n);
  });

  it('registers an account and returns its index', async () => {
    const { node, client } = world();
    const { index } = await client.register({ key: actor(9).key, address: `0x${'9'.repeat(40)}`, amount: 3n });
    expect(node.account(index)).toMatchObject({ a: actor(9).key[0], balance: 3n });
  });

  it('attests twice the same file and tells the accounts apart', async () => {
    const { client } = world();
    const first = await client.attest({ sha256: SHA, subtype: Subtype.DATASET });
    const second = await client.attest({ sha256: SHA, subtype: Subtype.MODEL, parent: first.index, royaltyBps: 250 });
    expect(second.index).not.toBe(first.index);
    expect(await client.getAttestation(second.index)).toMatchObject({ parent: first.index, royaltyBps: 250 });
    expect((await client.findAttestations(SHA)).map(({ index }) => index)).toEqual([first.index, second.index]);
  });

  it('bundles operations under one signature, all or none', async () => {
    const { node, client, from, to } = world();
    const pay = (amount: bigint) => ops.transfer({ from: from as never, to: to as never, amount });
    await client.bundle({ ops: [pay(1n), pay(2n), pay(3n)] });
    expect(node.account(to)?.balance).toBe(6n);
    await expect(client.bundle({ ops: [pay(1n), pay(10n ** 9n)] })).rejects.toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
    });
    expect(node.account(to)?.balance).toBe(6n);
  });

  it('fills in the fee of each op of a bundle that names none', async () => {
    const { node, client, from, to } = world();
    node.minimumFee = 2n;
    const pay = (fee: bigint) => ops.transfer({ from: from as never, to: to as never, amount: 1n, fee });
    await client.bundle({ ops: [pay(0n), pay(7n)] });
    expect(node.account(from)?.balance).toBe(1_000_000n - 2n - 9n);
  });

  it('does not pay whatever a node asks for', async () => {
    const { node, client, to, from } = world();
    const refusal = (maxFee: bigint) => ({ name: 'SdkError', code: 'FEE_TOO_HIGH', details: { token: 0, maxFee } });
    node.minimumFee = 3n;
    await expect(client.transfer({ to, amount: 1n, maxFee: 2n })).rejects.toMatchObject(refusal(2n));
    node.minimumFee = 10n ** 15n + 1n;
    await expect(client.transfer({ to, amount: 1n })).rejects.toMatchObject(refusal(10n ** 15n));
    expect(node.account(from)?.balance).toBe(1_000_000n);
    node.minimumFee = 3n;
    await client.transfer({ to, amount: 1n, maxFee: 3n });
    expect(node.account(from)?.balance).toBe(1_000_000n - 4n);
  });

  it('is refused by rule of the mempool with its code', async () => {
    const { node, client, to } = world();
    node.minimumFee = 2n;
    const refused = client.transfer({ to, amount: 1n, fee: 1n });
    await expect(refused).rejects.toMatchObject({ name: 'MempoolRefusedError', code: 'FEE_TOO_LOW' });
  });

  it('is not fooled by a node of another deployment', async () => {
    const { node, client, account, to } = world();
    const rollup = '0x00000000000000000000000000000000000000b1';
    const chain = engramChain({ id: 7001, rpcUrl: 'http://localhost:1', l1: { id: 31337 }, rollup });
    const other = createLedgerClient({ chain, transport: node.transport(), account });
    await expect(other.transfer({ to, amount: 1n })).rejects.toMatchObject({ code: 'CHAIN_MISMATCH' });
    expect(node.calls).not.toContain('engram_sendTransaction');
    await client.transfer({ to, amount: 1n });
  });

  it('does not sign for accounts of another key, kind or token', async () => {
    const { node, client, from, to } = world();
    await expect(client.transfer({ from: to, to: from, amount: 0n })).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' });
    await expect(client.transfer({ from: 999, to, amount: 0n })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(client.transfer({ token: 3, to, amount: 0n })).rejects.toMatchObject({ code: 'NO_LEDGER_ACCOUNT' });
    const { account: _, ...rest } = { account: 0, chain: node.chain, transport: node.transport() };
    await expect(createLedgerClient(rest).transfer({ to, amount: 0n })).rejects.toMatchObject({ code: 'NO_ACCOUNT' });
  });
});

describe('waiting', () => {
  it('rejects with the reason why a transaction was dropped', async () => {
    const { node, client, to } = world();
    node.isHeld = true;
    const hash = await client.transfer({ to, amount: 1n });
    const waiting = client.waitFor(hash, 'included', { onStatus: () => node.setStatus(hash, 'dropped', 'EXPIRED') });
    await expect(waiting).rejects.toMatchObject({ name: 'TransactionDroppedError', code: 'EXPIRED', hash });
  });

  it('notices that the node has forgotten a pending transaction', async () => {
    const { node, client, to } = world();
    node.isHeld = true;
    const hash = await client.transfer({ to, amount: 1n });
    const waiting = client.waitFor(hash, 'included', { onStatus: () => node.setStatus(hash, 'unknown') });
    await expect(waiting).rejects.toMatchObject({ code: 'FORGOTTEN' });
  });

  it('notices at once that a transaction it just sent was lost', async () => {
    const { node, client } = world();
    node.isHeld = true;
    node.onAccepted = () => node.forget();
    const lost = client.attest({ sha256: SHA, subtype: Subtype.MODEL });
    await expect(lost).rejects.toMatchObject({ name: 'TransactionDroppedError', code: 'FORGOTTEN' });
  });

  it('ends when time is over or the caller gives up', async () => {
    const { node, client, to } = world();
    node.isHeld = true;
    const hash = await client.transfer({ to, amount: 1n });
    await expect(client.waitFor(hash, 'proven', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
    const stop = new AbortController();
    const waiting = client.waitFor(hash, 'proven', { signal: stop.signal, onStatus: () => stop.abort('enough') });
    await expect(waiting).rejects.toBe('enough');
  });

  it('tells of every change', async () => {
    const { node, client, to } = world();
    const hash = await client.transfer({ to, amount: 1n });
    const seen: string[] = [];
    const steps = ['committed', 'included', 'committed', 'proven'] as const;
    await client.waitFor(hash, 'proven', {
      onStatus: ({ status }) => {
        node.setStatus(hash, steps[seen.length] ?? 'proven');
        seen.push(status);
      },
    });
    expect(seen).toEqual(['included', 'committed', 'included', 'committed', 'proven']);
  });
});

describe('transactions', () => {
  it('expire by the ledger’s clock, not the caller’s', async () => {
    const { node, client, to } = world();
    node.advance(100_000);
    await client.transfer({ to, amount: 1n, validForSeconds: 0 });
    expect(node.account(to)?.balance).toBe(1n);
  });
});
