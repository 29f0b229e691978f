/**
 * L1 gas of every step with the real circuits, proofs and verifiers, on a local L1.
 *
 *   npm run bench -- gas [--json] [--shape dev] [--cache <dir>]
 *
 * Three batches are proven: one takes in eight deposits, pays two exits, attests a model and opens channels; the second is full of
 * transfers (every op slot used, one bundle per signature slot, a fee on each op, no memo) and gives the gas per operation:
 * (commit + prove) / N; the third claims of as many channels as there are signature slots for their vouchers, in one bundle:
 * `perClaim` is (commit + prove) / claims, `perClaimMarginal` what one claim more costs in a batch that is posted anyway.
 * One claim settles any number of inferences.
 * Verifying an attestation is a call: its gas is estimated as that of a transaction, 21,000 and calldata included.
 * Calldata, storage and the proof are counted as the receipts count them; the deployment is fresh, so that ring slots and balances
 * are written for the first time, which is the dear case.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import * as snarkjs from 'snarkjs';
import { artifact, buildTestContracts } from '../bridge/build.ts';
import { AttestationsClient } from '../bridge/client/attestationsClient.ts';
import { RollupClient } from '../bridge/client/rollupClient.ts';
import type { Hex, L1Receipt, PostedBatch, ProvenLeaf, QueueEntry } from '../bridge/client/types.ts';
import { type Deployment, deployCode, deployRollup } from '../bridge/deploy/deploy.ts';
import { localClients, startLocalL1 } from '../bridge/deploy/localL1.ts';
import { NO_EVM } from '../bridge/testing/evmBatch.ts';
import { type Artifacts, ensureArtifacts } from '../circuits/build/artifacts.ts';
import { progressReporter } from '../circuits/build/progress.ts';
import { terminateSnarkjs } from '../circuits/build/snarkCurve.ts';
import { accountProofInput } from '../circuits/input.ts';
import { packState } from '../protocol/account.ts';
import { accountIndex, batchNumber } from '../protocol/ids.ts';
import { OpenBatch } from '../protocol/openBatch.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { actor } from '../protocol/testing/actors.ts';
import { AccountTree } from '../protocol/tree.ts';
import type { ClosedBatch, Shape, ShapeName, SignedTx } from '../protocol/types.ts';
import { snarkjsBackend } from '../prover/backends/snarkjs.ts';
import { solidityProof } from '../prover/proofFormat.ts';
import { proveBatch } from '../prover/proveBatch.ts';
import { ARTEFACT_SHA256, GasWorkload } from './workloads/gas.ts';

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

const load = new GasWorkload(shape);
const circuits = await makeCircuits(shape);
const l1 = await startLocalL1();
try {
  const report = await measure(shape, circuits);
  for (const [name, gas] of Object.entries(report.detail)) say(`${name.padEnd(24)} ${gas}`);
  say(`${'per op'.padEnd(24)} ${report.perOp[shape.name]}`);
  say(
    `${'per claim'.padEnd(24)} ${report.perClaim} (${report.claims} in a batch), one more: ${report.perClaimMarginal}`,
  );
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
  for (let i = 1; i <= load.signers; i += 1) {
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
    txs: load.setUp(deployment, client.account),
  });
  const [intake, intakeProof] = await settle(client, circuits.batch, first);
  await noteHash('commit.intake', intake.l1.transactionHash);
  note('prove.intake', intakeProof);

  const txs = load.fullOfTransfers(deployment);
  const second = closeBatch(tree, deployment, { number: 2, timestamp: await now(), queue: [], txs });
  const [full, fullProof] = await settle(client, circuits.batch, second);
  const commit = await noteHash('commit', full.l1.transactionHash);
  const prove = note('prove', fullProof);

  const nonce = tree.get(accountIndex(2))?.nonce ?? 0;
  const claimsAt = { number: 3, timestamp: await now(), queue: [] };
  const fewer = closeBatch(tree.fork(), deployment, {
    ...claimsAt,
    txs: load.claims(deployment, nonce, load.channels - 1),
  });
  const third = closeBatch(tree, deployment, { ...claimsAt, txs: load.claims(deployment, nonce, load.channels) });
  const commitGas = (batch: ClosedBatch) => client.simulate(client.calls.commitBatch(batch, NO_EVM), client.account);
  const perClaimMarginal = Number((await commitGas(third)) - (await commitGas(fewer)));
  const [claimed, claimedProof] = await settle(client, circuits.batch, third);
  const claimsGas = (await noteHash('commit.claims', claimed.l1.transactionHash)) + note('prove.claims', claimedProof);

  const [model, payer] = [
    await proveLeaf(tree, load.model, circuits.account),
    await proveLeaf(tree, 1, circuits.account),
  ];
  const { address: rollup, attestations } = deployment;
  const verifier = await AttestationsClient.connect({ address: attestations, rollup }, clients.publicClient);
  const verify = async (what: string, more: { owner?: ProvenLeaf; batch?: PostedBatch['stored'] }) => {
    const gasUsed = await verifier.estimateGas(
      { sha256: ARTEFACT_SHA256, attestation: model, ...more },
      client.account,
    );
    return note(what, { gasUsed });
  };
  const verifyAttestation = await verify('verifyAttestation', {});
  await verify('verifyAttestationAt', { batch: claimed.stored });
  await verify('verifyOwnership', { owner: payer });

  const withdraw = note('withdraw', await client.withdraw(0));
  const timestamp = BigInt((await now()) + SETTINGS.queueDeadlineSeconds + 10);
  await clients.testClient.setNextBlockTimestamp({ timestamp });
  await clients.testClient.mine({ blocks: 1 });
  note('freeze', await client.freeze());
  const { leaf, proof } = await proveLeaf(tree, 2, circuits.account);
  const escapeGas = note('escape', await client.escape(leaf, proof));
  const channel = await proveLeaf(tree, load.firstChannel, circuits.account);
  const escapeControlled = note('escapeControlled', await client.escape(channel.leaf, channel.proof, payer));
  note('refund', await client.refund(erc20));
  const perOp = { [name]: Math.round((commit + prove) / N) };
  return {
    deposit,
    commit,
    prove,
    withdraw,
    escape: escapeGas,
    escapeControlled,
    verifyAttestation,
    perOp,
    claims: load.channels,
    perClaim: Math.round(claimsGas / load.channels),
    perClaimMarginal,
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
  const posted = await client.commitBatch(closed, NO_EVM);
  return [posted, await client.proveBatches([{ posted, proof }])];
}

async function proveLeaf(tree: AccountTree, n: number, { wasm, zkey }: Artifacts): Promise<ProvenLeaf> {
  const index = accountIndex(n);
  const { root, children, account } = tree.proof(index);
  if (account === undefined) throw new TypeError(`account ${n} is missing`);
  const inputs = accountProofInput({ root, index, account, children });
  // @types/snarkjs does not know nested arrays of bigint as signals.
  const { proof } = await snarkjs.groth16.fullProve(inputs as unknown as snarkjs.CircuitSignals, wasm, zkey);
  const { a, b, c } = account;
  return { leaf: { index, state: packState(account), a, b, c }, proof: solidityProof(proof) };
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
  return open.close({ lastBlock: BigInt(number), evmCommitment: NO_EVM.commitment });
}
