import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFunctionData, type Hex, hexToBytes, parseEther, parseGwei, toHex } from 'viem';
import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EvmLaneClient } from '../../bridge/client/evmLaneClient.ts';
import { DEV_MNEMONIC } from '../../bridge/deploy/localL1.ts';
import { Fixture } from '../../bridge/testing/fixture.ts';
import { ShiftableClock, systemClock } from '../../chain/clock.ts';
import { OUTBOX_ABI } from '../../genesis/predeploys/abi.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { OUTBOX } from '../../protocol/lane/addresses.ts';
import { exit } from '../../sdk/ops.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { devAccount } from '../devnet/accounts.ts';
import { accountsOf } from '../devnet/funding.ts';
import type { EngramNode } from '../node.ts';
import { engram, type Run } from '../testing/runCli.ts';
import { sendOps } from '../testing/sendOps.ts';
import { PATIENT, startTestNode } from '../testing/testNode.ts';
import { Exit } from './output.ts';

/** A node makes two batches of both lanes; then everything is rebuilt from L1. The cases follow one another. */
let fixture: Fixture;
let folder: string;
let node: EngramNode;
let rpc: RpcClient;
const PATIENCE = { timeout: 30_000, interval: 50 };
const USER = privateKeyToAccount(`0x${'5e'.repeat(32)}`);
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  fixture = await Fixture.start(PATIENT);
  folder = mkdtempSync(join(tmpdir(), 'engram-derive-test-'));
  const { evmLane, deployedAt } = fixture.deployment;
  node = await startTestNode(
    {
      folder: path('node'),
      clock: new ShiftableClock(systemClock),
      flags: { '--l1-evm-lane': evmLane, '--evm-beneficiary': `0x${'fe'.repeat(20)}` },
    },
    { fixture },
  );
  rpc = new RpcClient(node.rpcUrl);
  const { publicClient, walletClient } = fixture.clients;
  const [, , account] = fixture.l1.accounts;
  if (account === undefined) throw new RangeError('no account on L1');
  const lane = await EvmLaneClient.open(
    { address: evmLane, deployedAt },
    { publicClient, wallet: walletClient(account) },
  );
  await lane.depositEvm({ to: USER.address, refundTo: USER.address, amount: parseEther('2') });
  const alice = devAccount('alice');
  await fixture.alice.depositNew({ token: 0, amount: parseEther('10'), key: alice.key });
  const from = accountIndex((await accountsOf(alice, 1, { rpc }))[0]?.index ?? 0);
  await until(() => balance(USER.address), parseEther('2'));
  await send(0, { to: alice.l1.address, value: 7n });
  await node.sequencer.closeBatch();

  const { domain } = fixture.deployment;
  const recipient = BigInt(evmLane);
  await sendOps({ from, seed: alice.seed, ops: [exit({ from, recipient, amount: 300n })] }, { rpc, domain });
  await until(() => balance(fixture.alice.account), 300n);
  const args = [USER.address, 0] as const;
  const data = encodeFunctionData({ abi: OUTBOX_ABI, functionName: 'withdrawETH', args });
  await send(1, { to: OUTBOX, value: 1000n, data, gas: 500_000n });
  await node.sequencer.closeBatch();
  await until(() => node.sequencer.publisher.state.proven, 2);
}, 120_000);
afterAll(async () => {
  await rpc?.close();
  await node?.stop();
  await fixture?.l1.stop();
  rmSync(folder, { recursive: true });
});

function until<T>(look: () => T | Promise<T>, wanted: T): Promise<void> {
  return vi.waitFor(async () => expect(await look()).toBe(wanted), PATIENCE);
}

async function balance(address: Hex): Promise<bigint> {
  const { lane } = node.sequencer;
  const lower = address.toLowerCase() as Hex; // still an address
  return (await lane.stateAt(lane.head.stateRoot).account(lower))?.balance ?? 0n;
}

/** A transaction of the user, returned from once it is in a block. */
async function send(nonce: number, tx: { to: Hex; value: bigint; data?: Hex; gas?: bigint }): Promise<void> {
  const chainId = Number(node.sequencer.lane.common.chainId());
  const fees = { maxFeePerGas: parseGwei('1'), maxPriorityFeePerGas: 1n };
  const raw = await USER.signTransaction({ type: 'eip1559', chainId, nonce, gas: 21_000n, ...fees, ...tx });
  await node.sequencer.submitEvm(hexToBytes(raw));
  const { lane } = node.sequencer;
  const lower = USER.address.toLowerCase() as Hex; // still an address
  await until(async () => (await lane.stateAt(lane.head.stateRoot).account(lower))?.nonce, BigInt(nonce + 1));
}

/** Key of one of anvil's accounts. */
function keyOf(address: Hex): Hex {
  for (let addressIndex = 0; addressIndex < 10; addressIndex += 1) {
    const account = mnemonicToAccount(DEV_MNEMONIC, { addressIndex });
    const { privateKey } = account.getHdKey();
    if (account.address === address && privateKey) return toHex(privateKey);
  }
  return expect.unreachable();
}

function onL1(command: string, ...args: readonly string[]): Promise<Run> {
  const { address, evmLane } = fixture.deployment;
  const place = ['--l1-rpc-url', fixture.l1.url, '--l1-rollup', address, '--l1-evm-lane', evmLane, '--json'];
  return engram(command, ...place, ...args);
}

const derive = (...args: string[]): Promise<Run> => onL1('derive', '--from-l1', ...args);

describe('engram derive', () => {
  it('rebuilds both lanes from L1, and finds every commitment to be the derived one', async () => {
    const { exit: code, json, stderr } = await derive();
    const { head } = node.sequencer.lane;
    const hash = `0x${Buffer.from(head.hash()).toString('hex')}`;
    expect([code, json], stderr).toMatchObject([
      Exit.OK,
      {
        ...{ batch: 2, provenBatch: 2, block: String(head.number), blockHash: hash, isProvenRoot: true },
        ...{ stateRoot: `0x${Buffer.from(head.stateRoot).toString('hex')}`, outboxCount: '1', inboxCount: '1' },
        ...{ isLastCommitmentDerived: true, differing: [], replaced: [] },
        ...{ evmTransactions: 2, ledgerTransactions: 1, l1Messages: 1, derivedBatches: 2 },
      },
    ]);
    expect(BigInt(json.ledgerRoot)).toBe((await fixture.sequencer.state()).proven.root);
  });

  it('goes on in a folder, and stops where it is told', async () => {
    const first = await derive('--out', path('derived'), '--to', '1');
    expect(first.json).toMatchObject({ batch: 1, derivedBatches: 1, isLastCommitmentDerived: true });
    const second = await derive('--out', path('derived'));
    expect(second.json).toMatchObject({ batch: 2, derivedBatches: 1, inboxCount: '1' });
    const again = await derive('--out', path('derived'));
    expect(again.json).toMatchObject({ batch: 2, derivedBatches: 0, blockHash: second.json.blockHash });
    expect(again.json.isLastCommitmentDerived).toBe(true);
  });

  it('compares every block with a node', async () => {
    const { exit: code, json } = await derive('--compare', node.rpcUrl);
    expect([code, json]).toMatchObject([Exit.OK, { isSameChain: true }]);
    const other = await derive('--compare', fixture.l1.url);
    expect([other.exit, other.json]).toMatchObject([Exit.REFUSED, { isSameChain: false, firstDifferentBlock: '0' }]);
  });

  it.each<[string, Exit, string, () => Promise<Run>]>([
    ['what is not proven', Exit.NOT_FOUND, 'NOT_PROVEN', () => derive('--to', '3')],
    ['no source', Exit.USAGE, 'BAD_OPTIONS', () => onL1('derive')],
    ['L1 away', Exit.UNREACHABLE, 'L1_UNREACHABLE', () => derive('--l1-rpc-url', 'http://127.0.0.1:9')],
    ['another contract', Exit.REFUSED, 'NOT_AN_EVM_LANE', () => derive('--l1-evm-lane', fixture.deployment.address)],
  ])('%s → %s %s', async (_, code, error, run) => {
    const found = await run();
    expect([found.exit, found.json?.error?.code]).toEqual([code, error]);
  });
});

describe('engram attest', () => {
  it('signs what was derived; two thirds of the weight make its outbox root good', async () => {
    const [heavy, light] = fixture.attestors;
    if (heavy === undefined || light === undefined) throw new RangeError('no attestors');
    const [first, second] = ['first', 'second'].map(path) as [string, string]; // as many
    writeFileSync(first, keyOf(heavy.address));
    writeFileSync(second, keyOf(light.address));
    const printed = await onL1('attest', '--attestor-key-file', first, '--no-send');
    expect(printed.json).toMatchObject({ batch: 2, attestor: heavy.address });
    expect(printed.json.isAttested).toBeUndefined();
    const counted = await onL1('attest', '--attestor-key-file', first);
    expect([counted.exit, counted.json]).toMatchObject([Exit.OK, { isAttested: false }]);
    const attested = await onL1('attest', '--attestor-key-file', second);
    expect([attested.exit, attested.json]).toMatchObject([Exit.OK, { isAttested: true, batch: 2 }]);
    const again = await onL1('attest', '--attestor-key-file', second);
    expect([again.exit, again.json.error.code]).toEqual([Exit.REFUSED, 'AlreadyAttested']);
  });

  it('needs a key', async () => {
    const found = await onL1('attest');
    expect([found.exit, found.json.error.code]).toEqual([Exit.USAGE, 'NO_KEY']);
  });
});
