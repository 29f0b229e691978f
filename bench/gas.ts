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
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import * as snarkjs from 'snarkjs';
import { artifact, buildTestContracts } from '../bridge/build.ts';
import { AttestationsClient } from '../bridge/client/attestationsClient.ts';
import { RollupClient } from '../bridge/client/rollupClient.ts';
import type { Hex, L1Receipt, PostedBatch, ProvenLeaf, QueueEntry } from '../bridge/client/types.ts';
import { type Deployment, deployCode, deployRollup } from '../bridge/deploy/deploy.ts';
import { localClients, startLocalL1 } from '../bridge/deploy/localL1.ts';
import { type Artifacts, ensureArtifacts } from '../circuits/build/artifacts.ts';
import { progressReporter } from '../circuits/build/progress.ts';
import { terminateSnarkjs } from '../circuits/build/snarkCurve.ts';
import { accountProofInput } from '../circuits/input.ts';
import { packState } from '../protocol/account.ts';
import { artefactCommitment } from '../protocol/attestation.ts';
import { hexToBytes } from '../protocol/bytes.ts';
import { accountIndex, batchNumber } from '../protocol/ids.ts';
import { OpenBatch } from '../protocol/openBatch.ts';
import { SHAPES } from '../protocol/shapes.ts';
import { actor, attest, claimOp, exit, open, signed, transfer, withVoucher } from '../protocol/testing/actors.ts';
import { AccountTree, EMPTY_ROOT } from '../protocol/tree.ts';
import type { ClosedBatch, Shape, ShapeName, SignedTx } from '../protocol/types.ts';
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

/** Accounts made by deposits: they sign, account 1 pays, account 2 serves. */
const SIGNERS = Math.min(8, shape.L);
const MODEL = SIGNERS + 1;
const FIRST_CHANNEL = MODEL + 1;
/** One voucher takes a signature slot, the bundle one; the set-up batch holds all accounts and two exits besides. */
const CHANNELS = Math.min(shape.S - 1, shape.N - 3, shape.A - SIGNERS - 1);
const SHA256: Hex = `0x${createHash('sha256').update('weights').digest('hex')}`;

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
  for (let i = 1; i <= SIGNERS; i += 1) {
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
    txs: setUp(deployment, client.account),
  });
  const [intake, intakeProof] = await settle(client, circuits.batch, first);
  await noteHash('commit.intake', intake.l1.transactionHash);
  note('prove.intake', intakeProof);

  const txs = fullOfTransfers(deployment);
  const second = closeBatch(tree, deployment, { number: 2, timestamp: await now(), queue: [], txs });
  const [full, fullProof] = await settle(client, circuits.batch, second);
  const commit = await noteHash('commit', full.l1.transactionHash);
  const prove = note('prove', fullProof);

  const nonce = tree.get(accountIndex(2))?.nonce ?? 0;
  const claimsAt = { number: 3, timestamp: await now(), queue: [] };
  const fewer = closeBatch(tree.fork(), deployment, { ...claimsAt, txs: claims(deployment, nonce, CHANNELS - 1) });
  const third = closeBatch(tree, deployment, { ...claimsAt, txs: claims(deployment, nonce, CHANNELS) });
  const commitGas = (batch: ClosedBatch) => client.simulate(client.calls.commitBatch(batch), client.account);
  const perClaimMarginal = Number((await commitGas(third)) - (await commitGas(fewer)));
  const [claimed, claimedProof] = await settle(client, circuits.batch, third);
  const claimsGas = (await noteHash('commit.claims', claimed.l1.transactionHash)) + note('prove.claims', claimedProof);

  const [model, payer] = [await proveLeaf(tree, MODEL, circuits.account), await proveLeaf(tree, 1, circuits.account)];
  const { address: rollup, attestations } = deployment;
  const verifier = await AttestationsClient.connect({ address: attestations, rollup }, clients.publicClient);
  const verify = async (what: string, more: { owner?: ProvenLeaf; batch?: PostedBatch['stored'] }) => {
    const gasUsed = await verifier.estimateGas({ sha256: SHA256, attestation: model, ...more }, client.account);
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
  const channel = await proveLeaf(tree, FIRST_CHANNEL, circuits.account);
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
    claims: CHANNELS,
    perClaim: Math.round(claimsGas / CHANNELS),
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
  const posted = await client.commitBatch(closed);
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
  return open.close({ lastBlock: BigInt(number), evmCommitment: 0n });
}

/** Two exits, to an address that never held anything on L1 and to the sender; a model; and channels to account 2. */
function setUp({ domain }: Deployment, to: Hex): SignedTx[] {
  const channel = { provider: 2, voucherKey: actor(9), model: MODEL, amount: ETHER / 1000n, expiry: 2 ** 39 };
  const ops = [
    exit(1, BigInt(to), ETHER / 100n),
    exit(1, 0xacc0000000000000000000000000000000000001n, ETHER / 100n),
    attest(1, MODEL, { artefact: artefactCommitment(hexToBytes(SHA256)), royaltyBps: 500 }),
    ...Array.from({ length: CHANNELS }, (_, i) => open(1, FIRST_CHANNEL + i, channel)),
  ];
  return [signed(actor(1), { signer: 1, nonce: 0, ops, validUntil: 2 ** 40 - 1 }, domain)];
}

/** Account 2 claims of so many channels, with a receipts root and a royalty each. */
function claims({ domain }: Deployment, nonce: number, channels: number): SignedTx[] {
  const receiptsRoot = EMPTY_ROOT; // any canonical word without zero bytes to speak of
  const parts = { total: ETHER / 2000n, royaltyBps: 500, receiptsRoot, fee: 21_000_000_000n };
  const ops = Array.from({ length: channels }, (_, i) =>
    withVoucher(claimOp(FIRST_CHANNEL + i, 2, parts), actor(9), domain),
  );
  return [signed(actor(2), { signer: 2, nonce, ops, validUntil: 2 ** 40 - 1 }, domain)];
}

/** As many bundles as there are signers or signature slots, together filling every op slot. */
function fullOfTransfers({ domain }: Deployment): SignedTx[] {
  const txCount = Math.min(shape.S, shape.N);
  const sizes = Array.from(
    { length: txCount },
    (_, t) => Math.floor((shape.N * (t + 1)) / txCount) - Math.floor((shape.N * t) / txCount),
  );
  const nonces = new Map<number, number>([[1, 1]]);
  return sizes.map((size, t) => {
    const signer = 1 + (t % SIGNERS);
    const nonce = nonces.get(signer) ?? 0;
    nonces.set(signer, nonce + 1);
    const ops = Array.from({ length: size }, (_, i) => {
      const to = 1 + ((signer + i) % SIGNERS);
      return transfer(signer, to, 1_234_567_890_123_456n + BigInt(i), { fee: 21_000_000_000n });
    });
    return signed(actor(signer), { signer, nonce, ops, validUntil: 2 ** 40 - 1 }, domain);
  });
}
