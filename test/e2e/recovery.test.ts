/**
 * Life without the sequencer, from L1 data alone and with real proofs: first anyone carries the chain on by the open path, then
 * nobody serves the queue, users freeze the rollup and leave, and the vault is empty to the wei. One story, told in order.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Address, decodeFunctionData, erc20Abi, parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rollupAbi } from '../../bridge/client/abi.ts';
import type { RollupClient } from '../../bridge/client/rollupClient.ts';
import type { Proof, QueueEntry } from '../../bridge/client/types.ts';
import { NO_EVM } from '../../bridge/testing/evmBatch.ts';
import { expectError } from '../../bridge/testing/fixture.ts';
import { ensureArtifacts } from '../../circuits/build/artifacts.ts';
import { escapeAccount } from '../../node/cli/escapeAccount.ts';
import { rebuildProvenTree } from '../../node/cli/rebuild.ts';
import { type DevName, devAccount } from '../../node/devnet/accounts.ts';
import { accountIndex, batchNumber } from '../../protocol/ids.ts';
import { OpenBatch } from '../../protocol/openBatch.ts';
import { shape } from '../../protocol/shapes.ts';
import type { ClosedBatch } from '../../protocol/types.ts';
import { snarkjsBackend } from '../../prover/backends/snarkjs.ts';
import { proveBatch } from '../../prover/proveBatch.ts';
import { exit, register, transfer } from '../../sdk/ops.ts';
import { waitForBatch } from './support/batches.ts';
import { startSequencerNode } from './support/sequencerNode.ts';
import { Settlement } from './support/settlement.ts';
import { User } from './support/user.ts';

const MINUTES = 60_000;
const HOUR = 3600;
const SETTINGS = {
  graceSeconds: HOUR,
  proveDeadlineSeconds: HOUR,
  queueDeadlineSeconds: 6 * HOUR,
  maxDriftSeconds: 900,
  maxAgeSeconds: 2 * HOUR,
};
const ETH = 0;
const BURNED: Address = '0x000000000000000000000000000000000000dEaD';
/** Indices as the ledger gives them, in order. */
const ALICE = accountIndex(1);
const BOB_TEST = accountIndex(2);
const CAROL = accountIndex(3);
const DAVE_TEST = accountIndex(4);
const CAROL_TEST = accountIndex(5);

let settlement: Settlement;
let TEST: number;
/** Everyone's view of L1; they have nothing else. */
let as: (name: DevName) => Promise<RollupClient>;
let dataDir: string;
let taken: readonly QueueEntry[];
let left: readonly QueueEntry[];

beforeAll(async () => {
  settlement = await Settlement.start(SETTINGS);
  TEST = settlement.token.id;
  as = (name) => settlement.as(name);
  for (const name of ['bob', 'carol', 'grace'] as const) await settlement.mint(name, parseEther('1000'));
  dataDir = await mkdtemp(join(tmpdir(), 'engram-recovery-'));
  await liveWithSequencer();
}, 10 * MINUTES);
afterAll(async () => {
  await settlement?.stop();
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
});

/** One batch, committed and proven by a real node; then the node is gone for good. */
async function liveWithSequencer(): Promise<void> {
  await (await as('alice')).depositNew({ token: ETH, amount: parseEther('10'), key: devAccount('alice').key });
  await (await as('bob')).depositNew({ token: TEST, amount: parseEther('300'), key: devAccount('bob').key });
  const node = await startSequencerNode({ dataDir, prove: true }, settlement);
  try {
    const alice = await User.open('alice', node.rpc);
    const bob = await User.open('bob', node.rpc, TEST);
    const owner = (name: DevName) => ({ key: devAccount(name).key, address: BigInt(devAccount(name).l1.address) });
    const txs = [
      alice.sign([register({ from: ALICE, ...owner('carol'), amount: parseEther('2') })]),
      bob.sign([register({ from: BOB_TEST, ...owner('dave'), amount: parseEther('50') })]),
      alice.sign([exit({ from: ALICE, recipient: owner('alice').address, amount: parseEther('1') })]),
      bob.sign([exit({ from: BOB_TEST, recipient: owner('bob').address, amount: parseEther('30') })]),
      // Does not fit: it closes the batch, and is in a block that never gets to L1.
      alice.sign([transfer({ from: ALICE, to: CAROL, amount: 1n })]),
    ];
    for (const { bytes, hash } of txs) {
      await node.rpc.request('engram_sendTransaction', [bytes]);
      await node.rpc.waitForTransaction(hash, 'included');
    }
    await waitForBatch(node.rpc, 1, 'proven');
  } finally {
    await node.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The next batch on top of what L1 says is proven; whatever it contains comes from L1, or from users directly. */
async function nextBatch(rollup: RollupClient, { queue, txs }: Pick<Parts, 'queue' | 'txs'>): Promise<ClosedBatch> {
  const [{ domain }, { proven }] = await Promise.all([rollup.parameters(), rollup.state()]);
  const { tree } = await rebuildProvenTree(rollup);
  expect(tree.root).toBe(proven.root);
  const firstBlock = proven.lastBlock + 1n;
  const open = new OpenBatch(
    {
      number: batchNumber(proven.batch + 1),
      shape: shape('small'),
      domain,
      timestamp: await settlement.now(),
      firstBlock,
    },
    { tree },
  );
  for (const { item } of queue) open.applyL1(item, item.opcode === 1 ? CAROL_TEST : undefined);
  for (const tx of txs) open.applyTx(tx);
  return open.close({ lastBlock: firstBlock, evmCommitment: NO_EVM.commitment });
}

interface Parts {
  readonly queue: readonly QueueEntry[];
  readonly txs: Parameters<OpenBatch['applyTx']>[0][];
}

/** The proof that everybody can read in the calldata of the transaction that proved a batch. */
async function publishedProof(rollup: RollupClient, number: number): Promise<Proof> {
  const { publicClient } = settlement.clients;
  const events = await rollup.readEvents(0n, await publicClient.getBlockNumber());
  const event = events.find((found) => found.type === 'proven' && found.number === number);
  if (event === undefined) return expect.unreachable();
  const { input } = await publicClient.getTransaction({ hash: event.l1.transactionHash });
  const { functionName, args } = decodeFunctionData({ abi: rollupAbi, data: input });
  if (functionName !== 'proveBatches') return expect.unreachable();
  return args[2][0] ?? expect.unreachable();
}

const owed = async (token: number, owner: Address): Promise<bigint> =>
  (await as('grace')).pendingWithdrawal(token, owner);
const address = (name: DevName): Address => devAccount(name).l1.address;
const leave = async (by: DevName, index: typeof ALICE) => escapeAccount({ index }, { rollup: await as(by) });

describe('the sequencer is silent past its grace', () => {
  it(
    'and another account commits and proves a batch, built from L1 data alone, in one transaction',
    async () => {
      taken = [
        await (await as('carol')).depositNew({
          token: TEST,
          amount: parseEther('70'),
          key: devAccount('carol').key,
        }),
        await (await as('dave')).forcedExit(DAVE_TEST),
      ];
      const erin = await as('erin');
      const { domain, queueFee } = await erin.parameters();
      const carol = new User('carol', { index: CAROL, domain });
      const pay = carol.sign([transfer({ from: CAROL, to: ALICE, amount: parseEther('0.5') })]);
      const stale = await publishedProof(erin, 1);
      const early = await nextBatch(erin, { queue: taken, txs: [pay.tx] });
      await expectError('PathClosed', erin.submitProvenBatch(early, NO_EVM, stale));

      await settlement.warp(SETTINGS.graceSeconds + 60);
      const closed = await nextBatch(erin, { queue: taken, txs: [pay.tx] });
      await expectError('ProofInvalid', erin.submitProvenBatch(closed, NO_EVM, stale));
      const { proof } = await proveBatch(closed, await ensureArtifacts('batch-small'), { backend: snarkjsBackend() });
      const posted = await erin.submitProvenBatch(closed, NO_EVM, proof);
      expect(posted).toMatchObject({ number: 2, isOpenPath: true });
      await expectError('BadBlockRange', erin.submitProvenBatch(closed, NO_EVM, proof));

      const { committed, proven } = await erin.state();
      expect(proven).toEqual(committed);
      expect(proven).toMatchObject({ batch: 2, root: closed.batch.newRoot, queue: 4n });
      // Somebody else who knows only L1 comes to the same ledger, and only what was posted is in it.
      const { tree, batch } = await rebuildProvenTree(await as('frank'));
      expect({ root: tree.root, batch }).toEqual({ root: proven.root, batch: 2 });
      expect([...tree.entries()].map(([index, { token, balance }]) => [index, token, balance])).toEqual([
        [ALICE, ETH, parseEther('7.5')],
        [BOB_TEST, TEST, parseEther('220')],
        [CAROL, ETH, parseEther('1.5')],
        [DAVE_TEST, TEST, 0n],
        [CAROL_TEST, TEST, parseEther('70')],
      ]);
      expect(await owed(TEST, address('dave'))).toBe(parseEther('50'));
      expect(await owed(ETH, address('erin'))).toBe(2n * queueFee);
    },
    5 * MINUTES,
  );
});

describe('nobody serves the queue', () => {
  it('and anyone freezes the rollup once a deadline has passed, not before', async () => {
    left = [
      await (await as('frank')).depositNew({ token: ETH, amount: parseEther('3'), key: devAccount('frank').key }),
      await (await as('bob')).forcedExit(BOB_TEST),
      await (await as('grace')).depositTo({ index: BOB_TEST, token: TEST, amount: parseEther('15') }),
    ];
    await settlement.warp(SETTINGS.queueDeadlineSeconds - HOUR);
    await expectError('QueueDeadlineNotPassed', (await as('dave')).freeze());
    await settlement.warp(HOUR + 60);
    await (await as('dave')).freeze();
    expect(await (await as('dave')).state()).toMatchObject({ isFrozen: true, isOpen: false });
  });

  it(
    'and users leave by proofs of their accounts, each once',
    async () => {
      for (const index of [ALICE, BOB_TEST, CAROL, CAROL_TEST]) {
        await leave('grace', index); // anyone may: it is credited to the owner
        await expectError('AlreadyEscaped', leave('grace', index)); // a fresh proof of the same
      }
      expect(await owed(ETH, address('alice'))).toBe(parseEther('1') + parseEther('7.5'));
      expect(await owed(TEST, address('bob'))).toBe(parseEther('30') + parseEther('220'));
      expect(await owed(ETH, address('carol'))).toBe(parseEther('1.5'));
      expect(await owed(TEST, address('carol'))).toBe(parseEther('70'));
    },
    5 * MINUTES,
  );

  it('and what no proven batch took in is refunded, once, and nothing else', async () => {
    const { queueFee } = await (await as('grace')).parameters();
    const grace = await as('grace');
    for (const entry of left) await grace.refund(entry);
    for (const entry of left) await expectError('QueueMismatch', grace.refund(entry));
    for (const entry of taken) await expectError('AlreadyTakenIn', grace.refund(entry));
    expect(await owed(ETH, address('frank'))).toBe(parseEther('3') + queueFee);
    expect(await owed(ETH, address('bob'))).toBe(queueFee);
    expect(await owed(ETH, address('grace'))).toBe(queueFee);
    expect(await owed(TEST, address('grace'))).toBe(parseEther('15'));
  });

  it('and when all is paid out the vault is empty to the wei', async () => {
    const { publicClient } = settlement.clients;
    const rollup = await as('deployer'); // pays the gas, owns nothing
    const { queueFee, bond, registrationFee } = await rollup.parameters();
    const holds = (owner: Address) =>
      Promise.all([
        publicClient.getBalance({ address: owner }),
        publicClient.readContract({
          address: settlement.token.address,
          abi: erc20Abi,
          functionName: 'balanceOf',
          args: [owner],
        }),
      ]);
    const due: readonly (readonly [Address, eth: bigint, test: bigint])[] = [
      [address('alice'), parseEther('8.5'), 0n],
      [address('bob'), queueFee, parseEther('250')],
      [address('carol'), parseEther('1.5'), parseEther('70')],
      [address('dave'), 0n, parseEther('50')],
      [address('erin'), 2n * queueFee, 0n],
      [address('frank'), parseEther('3') + queueFee, 0n],
      [address('grace'), queueFee, parseEther('15')],
      [address('sequencer'), 2n * queueFee, 0n],
      [BURNED, bond + registrationFee, 0n],
    ];
    for (const [owner, eth, test] of due) {
      const before = await holds(owner);
      if (eth > 0n) await rollup.withdraw(ETH, owner);
      if (test > 0n) await rollup.withdraw(TEST, owner);
      expect(await holds(owner), owner).toEqual([before[0] + eth, before[1] + test]);
    }
    expect(await holds(rollup.address)).toEqual([0n, 0n]);
  });
});
