/**
 * L1 gas of every step with the real circuits, proofs and verifiers, on a local L1.
 *
 *   npm run bench -- gas [--json] [--shape dev] [--cache <dir>]
 *
 * Two batches are proven: one takes in eight deposits and pays two exits; the other is full of transfers (every op slot used,
 * one bundle per signature slot, a fee on each op, no memo) and gives the gas per operation: (commit + prove) / N.
 * Calldata, storage and the proof are counted as the receipts count them; the deployment is fresh, so that ring slots and balances
 * are written for the first time, which is the dear case.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import * as snarkjs from 'snarkjs';
import { artifact, buildTestContracts } from '../bridge/build.ts';
import { RollupClient } from '../bridge/client/rollupClient.ts';
import type { Hex, L1Receipt, PostedBatch, Proof, QueueEntry } from '../bridge/client/types.ts';
import { type Deployment, deployCode, deployRollup } from '../bridge/deploy/deploy.ts';
import { localClients, startLocalL1 } from '../bridge/deploy/localL1.ts';
import { type Artifacts, ensureArtifacts } from '../circuits/build/artifacts.ts';
import { progressReporter } from '../circuits/build/progress.ts';
import { terminateSnarkjs } from '../circuits/build/snarkCurve.ts';
import { accountProofInput } from '../circuits/input.ts';
import { packState } from '../protocol/account.ts';
import { accountIndex, batchNumber } from '../protocol/ids.ts';
import { OpenBatch } from '../protocol/openBatch.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { actor, exit, signed, transfer } from '../protocol/testing/actors.ts';
import { AccountTree } from '../protocol/tree.ts';
import type { Account, AccountIndex, ClosedBatch, Shape, ShapeName, SignedTx } from '../protocol/types.ts';
import { snarkjsBackend } from '../prover/backends/snarkjs.ts';
import { solidityProof } from '../prover/proofFormat.ts';
import { proveBatch } from '../prover/proveBatch.ts';

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    shape: { type: 'string', default: 'dev' },
    cache: { type: 'string' },
  },
});

const SETTINGS = {
  graceSeconds: 3600,
  proveDeadlineSeconds: 7200,
  queueDeadlineSeconds: 86_400,
  maxDriftSeconds: 600,
  maxAgeSeconds: 7200,
};
const ETHER = 10n ** 18n;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

if (!Object.hasOwn(SHAPES, args.shape)) {
  say(`usage: npm run bench -- gas [--json] [--shape ${Object.keys(SHAPES).join('|')}]`);
  process.exit(2);
}
const shape = SHAPES[args.shape as ShapeName]; // checked above

const circuits = await makeCircuits(shape);
const l1 = await startLocalL1();
try {
  const report = await measure(shape, circuits);
  for (const [name, gas] of Object.entries(report.detail)) say(`${name.padEnd(24)} ${gas}`);
  say(`${'per op'.padEnd(24)} ${report.perOp[shape.name]}`);
  if (args.json) console.log(JSON.stringify(report));
} finally {
  await l1.stop();
  await terminateSnarkjs();
}

interface Circuits {
  readonly batch: Artifacts;
  readonly account: Artifacts;
}

async function makeCircuits({ name }: Shape): Promise<Circuits> {
  const progress = progressReporter();
  const make = (circuit: Artifacts['name']) =>
    ensureArtifacts(circuit, { cacheDir: args.cache, onProgress: (p) => progress.update(circuit, p) });
  try {
    return { account: await make('account-proof'), batch: await make(`batch-${name}`) };
  } finally {
    progress.stop();
  }
}

async function deploy({ batch, account }: Circuits) {
  const clients = localClients(l1);
  const [sequencer] = l1.accounts;
  if (sequencer === undefined) throw new TypeError('no account');
  const deps = { wallet: clients.walletClient(sequencer), publicClient: clients.publicClient };
  const key = async (a: Artifacts) => ({ verifyingKey: JSON.parse(await readFile(a.vkey, 'utf8')), keys: a.keys });
  const deployment = await deployRollup(
    {
      l2ChainId: 7001n,
      genesisRoot: new AccountTree().root,
      sequencer: sequencer.address,
      batchVerifiers: { [shape.name]: await key(batch) },
      accountVerifier: await key(account),
      settings: SETTINGS,
    },
    deps,
  );
  return { clients, deps, deployment, client: await RollupClient.open(deployment, deps) };
}

async function measure({ N, name }: Shape, circuits: Circuits) {
  const { clients, deps, deployment, client } = await deploy(circuits);
  const detail: Record<string, number> = {};
  const note = (what: string, { gasUsed }: Pick<L1Receipt, 'gasUsed'>): number => {
    detail[what] = Number(gasUsed);
    return Number(gasUsed);
  };
  const noteHash = async (what: string, hash: Hex) =>
    note(what, await clients.publicClient.getTransactionReceipt({ hash }));
  detail.deploy = Number(deployment.gasUsed);

  const { abi, bytecode } = artifact(await buildTestContracts(), 'NoReturnToken');
  const token = (await deployCode(bytecode, 0n, deps)).address;
  await clients.publicClient.waitForTransactionReceipt({
    hash: await deps.wallet.writeContract({ address: token, abi, functionName: 'mint', args: [client.account, ETHER] }),
  });
  note('registerToken', (await client.registerToken(token)).receipt);
  const queue: QueueEntry[] = [];
  for (let i = 1; i <= Math.min(8, shape.L); i += 1) {
    queue.push(await client.depositNew({ token: 0, amount: ETHER, key: actor(i).key }));
  }
  const deposit = await noteHash('deposit', queue.at(-1)?.l1.transactionHash ?? '0x');
  // Not taken in by a batch: they show their own cost, and their deadline lets the bench freeze the rollup.
  await client.depositNew({ token: 1, amount: 1000n, key: actor(1).key });
  const erc20 = await client.depositNew({ token: 1, amount: 1000n, key: actor(1).key });
  await noteHash('deposit.erc20', erc20.l1.transactionHash);
  await noteHash('depositTo', (await client.depositTo({ index: 1, token: 0, amount: 5n })).l1.transactionHash);
  await noteHash('forcedExit', (await client.forcedExit(1)).l1.transactionHash);

  const tree = new AccountTree();
  const now = async () => Number((await clients.publicClient.getBlock()).timestamp);
  const first = closeBatch(tree, deployment, {
    number: 1,
    timestamp: await now(),
    queue,
    txs: exits(deployment, client.account),
  });
  const [intake, intakeProof] = await settle(client, circuits.batch, first);
  await noteHash('commit.intake', intake.l1.transactionHash);
  note('prove.intake', intakeProof);

  const txs = fullOfTransfers(deployment);
  const second = closeBatch(tree, deployment, { number: 2, timestamp: await now(), queue: [], txs });
  const [full, fullProof] = await settle(client, circuits.batch, second);
  const commit = await noteHash('commit', full.l1.transactionHash);
  const prove = note('prove', fullProof);

  const withdraw = note('withdraw', await client.withdraw(0));
  const timestamp = BigInt((await now()) + SETTINGS.queueDeadlineSeconds + 10);
  await clients.testClient.setNextBlockTimestamp({ timestamp });
  await clients.testClient.mine({ blocks: 1 });
  note('freeze', await client.freeze());
  const index = accountIndex(2);
  const account = tree.get(index);
  if (account === undefined) throw new TypeError('account 2 is missing');
  const leaf = { index, state: packState(account), a: account.a, b: account.b, c: account.c };
  const escapeGas = note(
    'escape',
    await client.escape(leaf, await proveAccount(tree, index, account, circuits.account)),
  );
  note('refund', await client.refund(erc20));
  const perOp = { [name]: Math.round((commit + prove) / N) };
  return {
    deposit,
    commit,
    prove,
    withdraw,
    escape: escapeGas,
    perOp,
    operations: N,
    shape: name,
    keys: circuits.batch.keys,
    detail,
  };
}

/** Proves a batch for real, commits it and proves it on L1. */
async function settle(
  client: RollupClient,
  artifacts: Artifacts,
  closed: ClosedBatch,
): Promise<[PostedBatch, L1Receipt]> {
  say(`proving batch ${closed.batch.number} (${closed.batch.shape})`);
  const backend = snarkjsBackend({ isLowPriority: false });
  const { proof } = await proveBatch(closed, artifacts, { backend });
  const posted = await client.commitBatch(closed);
  return [posted, await client.proveBatches([{ posted, proof }])];
}

async function proveAccount(
  tree: AccountTree,
  index: AccountIndex,
  account: Account,
  { wasm, zkey }: Artifacts,
): Promise<Proof> {
  const { root, children } = tree.proof(index);
  const inputs = accountProofInput({ root, index, account, children });
  // @types/snarkjs does not know nested arrays of bigint as signals.
  const { proof } = await snarkjs.groth16.fullProve(inputs as unknown as snarkjs.CircuitSignals, wasm, zkey);
  return solidityProof(proof);
}

function closeBatch(
  tree: AccountTree,
  { domain }: Deployment,
  parts: { number: number; timestamp: number; queue: readonly QueueEntry[]; txs: readonly SignedTx[] },
): ClosedBatch {
  const { timestamp, queue, txs } = parts;
  const number = batchNumber(parts.number);
  const open = new OpenBatch({ number, shape, domain, timestamp, firstBlock: BigInt(number) }, { tree });
  for (const [i, { item }] of queue.entries()) open.applyL1(item, accountIndex(i + 1));
  open.nameFeeAccount(accountIndex(1));
  for (const tx of txs) open.applyTx(tx);
  return open.close({ lastBlock: BigInt(number), evmCommitment: 0n });
}

/** Two exits of one account, to addresses that never held anything on L1 and to the sender. */
function exits({ domain }: Deployment, to: Hex): SignedTx[] {
  const ops = [exit(1, BigInt(to), ETHER / 100n), exit(1, 0xacc0000000000000000000000000000000000001n, ETHER / 100n)];
  return [signed(actor(1), { signer: 1, nonce: 0, ops, validUntil: 2 ** 40 - 1 }, domain)];
}

/** As many bundles as there are signers or signature slots, together filling every op slot. */
function fullOfTransfers({ domain }: Deployment): SignedTx[] {
  const signers = Math.min(8, shape.L);
  const txCount = Math.min(shape.S, shape.N);
  const sizes = Array.from(
    { length: txCount },
    (_, t) => Math.floor((shape.N * (t + 1)) / txCount) - Math.floor((shape.N * t) / txCount),
  );
  const nonces = new Map<number, number>([[1, 1]]);
  return sizes.map((size, t) => {
    const signer = 1 + (t % signers);
    const nonce = nonces.get(signer) ?? 0;
    nonces.set(signer, nonce + 1);
    const ops = Array.from({ length: size }, (_, i) => {
      const to = 1 + ((signer + i) % signers);
      return transfer(signer, to, 1_234_567_890_123_456n + BigInt(i), { fee: 21_000_000_000n });
    });
    return signed(actor(signer), { signer, nonce, ops, validUntil: 2 ** 40 - 1 }, domain);
  });
}
