/** The ledger lane end to end on real parts: deposit, operate, prove, settle, withdraw, and account for every wei. */
import { type Address, erc20Abi, parseEther } from 'viem';
import { artifact, buildTestContracts } from '../../bridge/build.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { ensureArtifacts } from '../../circuits/build/artifacts.ts';
import type { Progress } from '../../circuits/build/progress.ts';
import { type Devnet, startDevnet } from '../../node/devnet/devnet.ts';
import { bigintToBytes } from '../../protocol/bytes.ts';
import { publicKey } from '../../protocol/crypto/eddsa.ts';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import { field } from '../../protocol/field.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { Book, Checks, type Mismatch } from './book.ts';
import { Person } from './people.ts';

export interface BatchRow {
  readonly batch: number;
  readonly operations: number;
  readonly l1Operations: number;
  readonly transactions: number;
  readonly constraints: number;
  readonly provingSeconds: number;
  readonly commitGas: number;
  readonly proveGas: number;
  readonly l1GasPerOperation: number;
}

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

export interface DemoOptions {
  readonly onStep: (text: string) => void;
  readonly onProgress: (circuit: string, progress: Progress) => void;
  readonly signal?: AbortSignal | undefined;
}

const ETH = 0;
const CONTRIBUTORS = 20;
const BURN: Address = '0x000000000000000000000000000000000000dEaD';

/** Someone who only has a ledger key: contributors are paid without ever touching L1. */
function contributor(n: number) {
  const seed = bigintToBytes(keccak256(new TextEncoder().encode(`engram demo contributor ${n}`)), 32);
  return { key: publicKey(seed), address: 0xc0000000000000000000000000000000000000n + BigInt(n) };
}

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
    return await run(devnet, { onStep, onProgress, signal }, start);
  } finally {
    await devnet.stop();
  }
}

async function run(devnet: Devnet, { onStep, signal }: DemoOptions, start: number): Promise<LedgerDemoResult> {
  const { rpc, l1 } = devnet;
  const { publicClient, walletClient } = localClients(l1);
  const token = devnet.tokens.find(({ id }) => id !== ETH);
  if (token === undefined) throw new RangeError('the devnet has no test token');
  const TEST = token.id;
  const [alice, bob, carol, dave, fees] = await Promise.all(
    (['alice', 'bob', 'carol', 'dave', 'fees'] as const).map((name) => Person.of(devnet, name)),
  );
  if (!alice || !bob || !carol || !dave || !fees) throw new RangeError('people are missing');
  const people = [alice, bob, carol, dave, fees];
  const { abi } = artifact(await buildTestContracts(), 'PlainToken');
  const deployer = walletClient(devnet.person('deployer').l1);
  for (const person of [alice, bob, fees]) {
    const args = [person.account.l1.address, parseEther('1000')];
    const hash = await deployer.writeContract({ address: token.address, abi, functionName: 'mint', args });
    await publicClient.waitForTransactionReceipt({ hash });
  }
  const startBlock = await publicClient.getBlockNumber();

  // `ledger:<name>:<token>`: on the ledger; `l1:<name>:<token>`: in the wallet, gas aside; `paid:…`: what the bridge owes or paid out.
  const book = new Book();
  for (const person of people) {
    const owner = person.account.l1.address;
    book.add(`l1:${person.name}:${ETH}`, await publicClient.getBalance({ address: owner, blockNumber: startBlock }));
    book.add(`l1:${person.name}:${TEST}`, await tokenBalance(owner));
  }
  function tokenBalance(owner: Address): Promise<bigint> {
    return publicClient.readContract({
      address: token?.address as Hex, // found above
      abi: erc20Abi,
      functionName: 'balanceOf',
      args: [owner],
    });
  }
  const { queueFee, bond } = await alice.l1.parameters();

  const deposit = async (who: Person, tokenId: number, amount: bigint): Promise<void> => {
    await who.l1.depositNew({ token: tokenId, amount, key: who.account.key });
    book.move(`l1:${who.name}:${tokenId}`, `ledger:${who.name}:${tokenId}`, amount);
    book.add(`l1:${who.name}:${ETH}`, -queueFee);
  };

  onStep('deposits of ETH and an ERC-20 from L1');
  await deposit(fees, ETH, parseEther('0.01'));
  await deposit(fees, TEST, parseEther('0.01'));
  await deposit(alice, ETH, parseEther('10'));
  await deposit(alice, TEST, parseEther('500'));
  await deposit(bob, ETH, parseEther('5'));
  await deposit(bob, TEST, parseEther('300'));
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
  book.move(`ledger:alice:${ETH}`, `ledger:fees:${ETH}`, fee);
  await bob.send(TEST, [bob.transfer(TEST, alice.indexOf(TEST), parseEther('25'), { fee })]);
  book.move(`ledger:bob:${TEST}`, `ledger:alice:${TEST}`, parseEther('25'));
  book.move(`ledger:bob:${TEST}`, `ledger:fees:${TEST}`, fee);
  const bundle = [bob, carol, bob, carol, bob].map((to, i) => ({ to, amount: BigInt(i + 1) * 10n ** 15n }));
  await alice.send(
    ETH,
    bundle.map(({ to, amount }) => alice.transfer(ETH, to.indexOf(ETH), amount)),
  );
  for (const { to, amount } of bundle) book.move(`ledger:alice:${ETH}`, `ledger:${to.name}:${ETH}`, amount);

  onStep(`a reward bundle to ${CONTRIBUTORS} contributors, one signature`);
  const contributors = Array.from({ length: CONTRIBUTORS }, (_, n) => contributor(n));
  await alice.send(
    TEST,
    contributors.map((owner) => alice.register(TEST, owner, 0n)),
  );
  const contributorIndex: number[] = [];
  for (const { key } of contributors) {
    const [account] = await rpc.request('engram_getAccountsByKey', [key[0].toString(), key[1].toString()]);
    if (account === undefined) throw new RangeError('a contributor was not registered');
    contributorIndex.push(account.index);
  }
  const reward = (n: number): bigint => parseEther('1') + BigInt(n) * 10n ** 16n;
  await alice.send(
    TEST,
    contributorIndex.map((index, n) =>
      alice.transfer(TEST, index, reward(n), { fee: 1_000n, memo: [field(BigInt(n))] }),
    ),
  );
  contributorIndex.forEach((_, n) => {
    book.move(`ledger:alice:${TEST}`, `ledger:contributor${n}:${TEST}`, reward(n));
    book.move(`ledger:alice:${TEST}`, `ledger:fees:${TEST}`, 1_000n);
  });

  onStep('an EXIT, a FORCED_EXIT from L1, and a deposit that must come back');
  await bob.send(ETH, [bob.exit(ETH, parseEther('2'))]);
  book.move(`ledger:bob:${ETH}`, `paid:bob:${ETH}`, parseEther('2'));
  await bob.send(TEST, [bob.exit(TEST, parseEther('30'))]);
  book.move(`ledger:bob:${TEST}`, `paid:bob:${TEST}`, parseEther('30'));
  await carol.l1.forcedExit(carol.indexOf(ETH));
  book.add(`l1:carol:${ETH}`, -queueFee);
  const all = book.get(`ledger:carol:${ETH}`);
  book.move(`ledger:carol:${ETH}`, `paid:carol:${ETH}`, all);
  const lost = parseEther('0.5');
  await dave.l1.depositTo({ index: 1_000_000, token: ETH, amount: lost });
  book.move(`l1:dave:${ETH}`, `paid:dave:${ETH}`, lost);
  book.add(`l1:dave:${ETH}`, -queueFee);

  onStep('waiting for the proofs');
  const owed = book.entries().filter(([line, amount]) => line.startsWith('paid:') && amount > 0n);
  const firstProven = await waitForPayouts(
    devnet,
    async () => {
      const found = await Promise.all(
        owed.map(async ([line]) => {
          const { person, tokenId } = parseLine(line, people);
          return person.l1.pendingWithdrawal(tokenId, person.account.l1.address);
        }),
      );
      return owed.every(([, amount], i) => found[i] === amount);
    },
    signal,
  );

  onStep('withdrawals on L1');
  for (const [line, amount] of owed) {
    const { person, tokenId } = parseLine(line, people);
    await person.l1.withdraw(tokenId);
    book.move(line, `l1:${person.name}:${tokenId}`, amount);
  }

  onStep('checking every balance on both sides');
  const checks = new Checks();
  const lastBlock = await publicClient.getBlockNumber();
  const gas = await gasSpent(startBlock + 1n, lastBlock);
  for (const person of people) {
    const owner = person.account.l1.address;
    const wallet = await publicClient.getBalance({ address: owner });
    checks.equal(
      `${person.name}: ETH on L1`,
      book.get(`l1:${person.name}:${ETH}`) - (gas.get(owner.toLowerCase()) ?? 0n),
      wallet,
    );
    checks.equal(`${person.name}: TEST on L1`, book.get(`l1:${person.name}:${TEST}`), await tokenBalance(owner));
    for (const [tokenId, index] of person.index) {
      const account = await rpc.request('engram_getAccount', [index]);
      checks.equal(
        `${person.name}: token ${tokenId} on the ledger`,
        book.get(`ledger:${person.name}:${tokenId}`),
        BigInt(account?.balance ?? -1),
      );
    }
  }
  for (const [n, index] of contributorIndex.entries()) {
    const account = await rpc.request('engram_getAccount', [index]);
    checks.equal(`contributor ${n}`, book.get(`ledger:contributor${n}:${TEST}`), BigInt(account?.balance ?? -1));
  }
  // The vault: what the ledger says it holds, plus what it still owes, plus the bond.
  const onLedger = (tokenId: number): bigint =>
    book.entries().reduce((sum, [line, amount]) => sum + (ledgerLine(line, tokenId) ? amount : 0n), 0n);
  const sequencer = devnet.person('sequencer').l1.address;
  const pending = async (owner: Address): Promise<bigint> => alice.l1.pendingWithdrawal(ETH, owner);
  checks.equal(
    'vault: ETH',
    onLedger(ETH) + bond + (await pending(sequencer)) + (await pending(BURN)),
    await publicClient.getBalance({ address: devnet.rollup }),
  );
  checks.equal('vault: TEST', onLedger(TEST), await tokenBalance(devnet.rollup));
  const state = await alice.l1.state();
  const heads = (await rpc.request('engram_chainInfo', [])).heads;
  checks.equal('proven root: node and L1', state.proven.root, BigInt(heads.proven.root));

  async function gasSpent(from: bigint, to: bigint): Promise<Map<string, bigint>> {
    const spent = new Map<string, bigint>();
    for (let number = from; number <= to; number += 1n) {
      const block = await publicClient.getBlock({ blockNumber: number });
      for (const hash of block.transactions) {
        const receipt = await publicClient.getTransactionReceipt({ hash });
        const key = receipt.from.toLowerCase();
        spent.set(key, (spent.get(key) ?? 0n) + receipt.gasUsed * receipt.effectiveGasPrice);
      }
    }
    return spent;
  }

  const batches: BatchRow[] = [];
  for (let number = 1; number <= state.proven.batch; number += 1) batches.push(await batchRow(devnet, number));
  return {
    reconciled: checks.mismatches.length === 0,
    checks: checks.count,
    mismatches: checks.mismatches,
    batchesProven: state.proven.batch,
    operations: batches.reduce((sum, { operations, l1Operations }) => sum + operations + l1Operations, 0),
    batches,
    seconds: (performance.now() - start) / 1000,
    firstProvenBatchSeconds: (firstProven - start) / 1000,
  };
}

function ledgerLine(line: string, tokenId: number): boolean {
  return line.startsWith('ledger:') && line.endsWith(`:${tokenId}`);
}

function parseLine(line: string, people: readonly Person[]): { person: Person; tokenId: number } {
  const [, name, tokenId] = line.split(':');
  const person = people.find((candidate) => candidate.name === name);
  if (person === undefined) throw new RangeError(`nobody is called ${name}`);
  return { person, tokenId: Number(tokenId) };
}

/** Resolves once `isDone`, asked after every batch that is proven; gives the time of the first proven batch. */
async function waitForPayouts(devnet: Devnet, isDone: () => Promise<boolean>, signal?: AbortSignal): Promise<number> {
  let first: number | undefined;
  let wake: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined); // it may fail when nobody waits any more
  signal?.addEventListener('abort', () => fail(signal.reason), { once: true });
  const subscription = await devnet.rpc.subscribe(
    'batches',
    [],
    ({ status }) => {
      if (status === 'proven') first ??= performance.now();
      wake();
    },
    fail,
  );
  try {
    for (;;) {
      const event = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (await isDone()) return first ?? performance.now();
      await Promise.race([event, failed]);
    }
  } finally {
    await subscription.unsubscribe();
  }
}

async function batchRow(devnet: Devnet, number: number): Promise<BatchRow> {
  const { publicClient } = localClients(devnet.l1);
  const batch = await devnet.rpc.request('engram_getBatch', [number]);
  if (batch === null) throw new RangeError(`batch ${number} is unknown to the node`);
  const gasOf = async (hash: Hex | undefined): Promise<number> =>
    hash === undefined ? 0 : Number((await publicClient.getTransactionReceipt({ hash })).gasUsed);
  const commitGas = await gasOf(batch.commitTx as Hex | undefined);
  const proveGas = await gasOf(batch.proveTx as Hex | undefined);
  const { ops, l1Ops, txs } = batch.counts;
  const proof = await devnet.node.proofs.result(number);
  if (proof === undefined) throw new RangeError(`the proof of batch ${number} is unknown to the node`);
  const { constraints } = await ensureArtifacts(`batch-${batch.shape}`);
  return {
    batch: number,
    operations: ops,
    l1Operations: l1Ops,
    transactions: txs,
    constraints,
    provingSeconds: proof.seconds.witness + proof.seconds.prove + proof.seconds.verify,
    commitGas,
    proveGas,
    l1GasPerOperation: Math.round((commitGas + proveGas) / Math.max(1, ops + l1Ops)),
  };
}
