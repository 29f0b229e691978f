/** The ledger lane end to end on real parts: deposit, operate, prove, settle, withdraw, and account for every wei. */
import { parseEther } from 'viem';
import { type Devnet, startDevnet } from '../../node/devnet/devnet.ts';
import { field } from '../../protocol/field.ts';
import { type BatchRow, batchRows, compiledConstraints, noteFirstProof, waitForBatches } from './batches.ts';
import type { Mismatch } from './book.ts';
import { payRewards, registerContributors } from './contributors.ts';
import type { DemoOptions, RunOptions } from './options.ts';
import { ETH, World } from './world.ts';

export interface LedgerDemoResult {
  readonly reconciled: boolean;
  readonly checks: number;
  readonly mismatches: readonly Mismatch[];
  readonly batchesProven: number;
  readonly operations: number;
  readonly batches: readonly BatchRow[];
  readonly seconds: number;
  readonly firstProvenBatchSeconds: number;
}

const CONTRIBUTORS = 20;

export async function ledgerDemo({ onStep, onProgress, signal }: DemoOptions): Promise<LedgerDemoResult> {
  const start = performance.now();
  const devnet = await startDevnet({
    fund: false,
    shapes: ['dev'],
    blockMs: 500,
    batchMs: 6_000,
    l1WaitMs: 1_000,
    onStep,
    onProgress,
    signal,
  });
  try {
    return await runLedger(devnet, { onStep, signal, start, constraintsOf: compiledConstraints });
  } finally {
    await devnet.stop();
  }
}

/** The story alone, on a devnet that runs. */
export async function runLedger(devnet: Devnet, options: RunOptions): Promise<LedgerDemoResult> {
  const { onStep, signal, start, constraintsOf } = options;
  const names = ['alice', 'bob', 'carol', 'dave', 'fees'] as const;
  const firstProof = await noteFirstProof(devnet);
  const world = await World.open(devnet, { names, rich: ['alice', 'bob', 'fees'] });
  const { book } = world;
  const TEST = world.token.id;
  const [alice, bob, carol, dave, fees] = names.map((name) => world.who(name));
  if (!alice || !bob || !carol || !dave || !fees) throw new RangeError('people are missing');

  onStep('deposits of ETH and an ERC-20 from L1');
  await world.deposit(fees, ETH, parseEther('0.01'));
  await world.deposit(fees, TEST, parseEther('0.01'));
  await world.deposit(alice, ETH, parseEther('10'));
  await world.deposit(alice, TEST, parseEther('500'));
  await world.deposit(bob, ETH, parseEther('5'));
  await world.deposit(bob, TEST, parseEther('300'));
  for (const person of [fees, alice, bob]) await person.findAccounts(2, signal);

  onStep('a new account on the ledger, single and bundled transfers');
  const gift = parseEther('2');
  await alice.send(ETH, [alice.register(ETH, { key: carol.account.key, address: carol.address }, gift)]);
  await carol.findAccounts(1, signal);
  book.move(`ledger:alice:${ETH}`, `ledger:carol:${ETH}`, gift);

  const fee = 1_000_000_000n;
  const memo = [field(1n), field(2n), field(3n)];
  await alice.send(ETH, [alice.transfer(ETH, bob.indexOf(ETH), parseEther('1'), { fee, memo })]);
  book.move(`ledger:alice:${ETH}`, `ledger:bob:${ETH}`, parseEther('1'));
  world.payFees('alice', ETH, fee);
  await bob.send(TEST, [bob.transfer(TEST, alice.indexOf(TEST), parseEther('25'), { fee })]);
  book.move(`ledger:bob:${TEST}`, `ledger:alice:${TEST}`, parseEther('25'));
  world.payFees('bob', TEST, fee);
  const bundle = [bob, carol, bob, carol, bob].map((to, i) => ({ to, amount: BigInt(i + 1) * 10n ** 15n }));
  await alice.send(
    ETH,
    bundle.map(({ to, amount }) => alice.transfer(ETH, to.indexOf(ETH), amount)),
  );
  for (const { to, amount } of bundle) book.move(`ledger:alice:${ETH}`, `ledger:${to.name}:${ETH}`, amount);

  onStep(`a reward bundle to ${CONTRIBUTORS} contributors, one signature`);
  await payRewards(world, alice, await registerContributors(world, alice, CONTRIBUTORS));

  onStep('an EXIT, a FORCED_EXIT from L1, and a deposit that must come back');
  await bob.send(ETH, [bob.exit(ETH, parseEther('2'))]);
  book.move(`ledger:bob:${ETH}`, `paid:bob:${ETH}`, parseEther('2'));
  await bob.send(TEST, [bob.exit(TEST, parseEther('30'))]);
  book.move(`ledger:bob:${TEST}`, `paid:bob:${TEST}`, parseEther('30'));
  await carol.l1.forcedExit(carol.indexOf(ETH));
  world.payQueueFee(carol);
  const all = book.get(`ledger:carol:${ETH}`);
  book.move(`ledger:carol:${ETH}`, `paid:carol:${ETH}`, all);
  const lost = parseEther('0.5');
  await dave.l1.depositTo({ index: 1_000_000, token: ETH, amount: lost });
  book.move(`l1:dave:${ETH}`, `paid:dave:${ETH}`, lost);
  world.payQueueFee(dave);

  onStep('waiting for the proofs');
  await waitForBatches(devnet, () => world.isPayable(), signal);

  onStep('withdrawals on L1');
  await world.withdrawAll();

  onStep('checking every balance on both sides');
  const checks = await world.reconcile();
  const { proven } = await alice.l1.state();
  const batches = await batchRows(devnet, proven.batch, constraintsOf);
  return {
    reconciled: checks.mismatches.length === 0,
    checks: checks.count,
    mismatches: checks.mismatches,
    batchesProven: proven.batch,
    operations: batches.reduce((sum, { operations, l1Operations }) => sum + operations + l1Operations, 0),
    batches,
    seconds: (performance.now() - start) / 1000,
    firstProvenBatchSeconds: ((firstProof() ?? performance.now()) - start) / 1000,
  };
}
