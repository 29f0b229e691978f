/** Gas of every call on a fresh deployment with mock verifiers (a pairing check costs about 230k more). */
import { encodeFunctionData, toHex } from 'viem';
import { packState } from '../../protocol/account.ts';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor, attest, claim, exit, open, signed, transfer } from '../../protocol/testing/actors.ts';
import type { Field, SignedTx } from '../../protocol/types.ts';
import { erc20Abi } from '../client/abi.ts';
import { AttestationsClient } from '../client/attestationsClient.ts';
import type { Address, ProvenLeaf, QueueEntry } from '../client/types.ts';
import { NO_EVM } from './evmBatch.ts';
import { type Fixture, TEST_SETTINGS } from './fixture.ts';
import { LaneWorld } from './laneWorld.ts';
import { ANY_PROOF, TestLedger } from './ledger.ts';

export type GasReport = Record<string, number>;

/** Indices after the deposits of the first batches. */
const MODEL = 9;
const FIRST_CHANNEL = 10;
const CHANNELS = 10;
const SHA256 = new Uint8Array(32).fill(0xab);

/** Transfers between accounts 1 and 2: as many transactions as the dev shape has, filling its 32 op slots. */
function fullDevBatch(): SignedTx[] {
  return Array.from({ length: 8 }, (_, nonce) => {
    const ops = Array.from({ length: 4 }, (_, i) => transfer(1, 2, 1_234_567_890_123n + BigInt(i)));
    return signed(actor(1), { signer: 1, nonce, ops });
  });
}

export async function measureGas(f: Fixture): Promise<GasReport> {
  const report: GasReport = {};
  const { clients } = f;
  const note = async (name: string, hash: `0x${string}`) => {
    report[name] = Number((await clients.publicClient.getTransactionReceipt({ hash })).gasUsed);
  };
  const noteEntry = async (name: string, entry: QueueEntry) => {
    await note(name, entry.l1.transactionHash);
    return entry;
  };
  const ledger = new TestLedger(f.deployment.domain);
  const token = await f.deployTest('PlainToken', ['Plain', 'PLN']);
  await token.write('mint', [f.alice.account, 10n ** 24n]);
  await token.write('approve', [f.deployment.address, 10n ** 24n]);
  await note('registerToken', (await f.alice.registerToken(token.address)).receipt.hash);
  const ether = { token: 0, amount: 10n ** 15n, key: actor(1).key } as const;
  const queue = [
    await noteEntry('depositNew.eth.first', await f.alice.depositNew(ether)),
    await noteEntry('depositNew.eth', await f.alice.depositNew({ ...ether, key: actor(2).key })),
    await f.alice.depositNew({ token: 1, amount: 10n ** 18n, key: actor(3).key }),
    await noteEntry('depositNew.erc20', await f.alice.depositNew({ token: 1, amount: 10n ** 18n, key: actor(4).key })),
    await noteEntry('depositTo.eth', await f.alice.depositTo({ index: 2, token: 0, amount: 5n })),
    await noteEntry('forcedExit', await f.alice.forcedExit(3)),
  ];
  const at = await f.now();
  const batches = {
    'small.deposits': ledger.close({ timestamp: at, queue: queue.slice(0, 2) }),
    'dev.transfers': ledger.close({ timestamp: at, shape: 'dev', txs: fullDevBatch() }),
    'dev.transfersAgain': ledger.close({ timestamp: at, shape: 'dev', txs: nextNonces(fullDevBatch(), 8) }),
    'dev.memos': ledger.close({ timestamp: at, shape: 'dev', txs: [memos(16)] }),
    'dev.queue': ledger.close({ timestamp: at, shape: 'dev', queue: queue.slice(2) }),
    'small.exits': ledger.close({ timestamp: at, txs: [exits(f, 17)] }),
    'dev.opens': ledger.close({ timestamp: at, shape: 'dev', txs: [opens(18)] }),
    'dev.claim': ledger.close({ timestamp: at, shape: 'dev', txs: [claims(0, 1)] }),
    'dev.claims': ledger.close({ timestamp: at, shape: 'dev', txs: [claims(1, CHANNELS)] }),
  };
  for (const [name, closed] of Object.entries(batches)) {
    await f.warp(12); // within one second, the sequencer's time of last commit would not change: cheaper by chance
    const posted = await f.sequencer.commitBatch(closed, NO_EVM);
    await note(`commit.${name}`, posted.l1.transactionHash);
    await note(`prove.${name}`, (await f.bob.proveBatches([{ posted, proof: ANY_PROOF }])).hash);
  }
  const [model, owner, channel] = [leafOf(ledger, MODEL), leafOf(ledger, 1), leafOf(ledger, FIRST_CHANNEL)];
  await noteVerification(f, report, { model, owner });
  await note('withdraw.eth', (await f.bob.withdraw(0)).hash);
  await note('withdraw.erc20', (await f.alice.withdraw(1)).hash);
  await noteLane(f, report, { ledger, erc20: token.address });
  const late = await f.alice.depositNew(ether);
  await f.warp(TEST_SETTINGS.graceSeconds + 10);
  const open = await f.bob.submitProvenBatch(ledger.close({ timestamp: await f.now() }), NO_EVM, ANY_PROOF);
  await note('submitProven.empty', open.l1.transactionHash);
  await f.warp(TEST_SETTINGS.queueDeadlineSeconds + 10);
  await note('freeze', (await f.bob.freeze()).hash);
  await note('escape', (await f.bob.escape(leafOf(ledger, 2).leaf, ANY_PROOF)).hash);
  await note('escapeControlled', (await f.bob.escape(channel.leaf, ANY_PROOF, owner)).hash);
  await note('refund', (await f.bob.refund(late)).hash);
  return report;
}

function nextNonces(txs: readonly SignedTx[], by: number): SignedTx[] {
  return txs.map((tx) => ({ ...tx, nonce: tx.nonce + by }));
}

function memos(nonce: number): SignedTx {
  const memo = [1n, 2n ** 250n - 1n, 2n ** 253n - 1n] as Field[]; // below the field's order
  return signed(actor(1), { signer: 1, nonce, ops: Array.from({ length: 32 }, () => transfer(1, 2, 7n, { memo })) });
}

function exits(f: Fixture, nonce: number): SignedTx {
  const ops = [exit(1, BigInt(f.bob.account), 1000n), exit(1, BigInt(f.alice.account), 2000n)];
  return signed(actor(1), { signer: 1, nonce, ops });
}

/** A model and channels to account 2, which is paid with a royalty. */
function opens(nonce: number): SignedTx {
  const channel = { provider: 2, voucherKey: actor(9), model: MODEL, amount: 10n ** 12n, expiry: 2 ** 39 };
  const ops = [
    attest(1, MODEL, { artefact: artefactCommitment(SHA256), royaltyBps: 500 }),
    ...Array.from({ length: CHANNELS }, (_, i) => open(1, FIRST_CHANNEL + i, channel)),
  ];
  return signed(actor(1), { signer: 1, nonce, ops });
}

/** One claim of each of so many channels, in a bundle of account 2's. `nonce` is 0 or 1: the first claims less. */
function claims(nonce: number, channels: number): SignedTx {
  const receiptsRoot = (2n ** 253n - 1n) as Field; // below the field's order
  const ops = Array.from({ length: channels }, (_, i) => {
    const claimed = nonce === 1 && i === 0 ? 10n ** 9n : 0n;
    const total = nonce === 0 ? 10n ** 9n : 10n ** 11n;
    const parts = { total, claimed, royaltyBps: 500, receiptsRoot, voucherKey: actor(9) };
    return claim(FIRST_CHANNEL + i, 2, parts);
  });
  return signed(actor(2), { signer: 2, nonce, ops });
}

function leafOf(ledger: TestLedger, n: number): ProvenLeaf {
  const index = accountIndex(n);
  const account = ledger.tree.get(index);
  if (account === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index });
  const { a, b, c } = account;
  return { leaf: { index, state: packState(account), a, b, c }, proof: ANY_PROOF };
}

/** The EVM lane on L1: first of everything, so with storage written for the first time, which is the dear case. */
async function noteLane(
  f: Fixture,
  report: GasReport,
  { ledger, erc20 }: { ledger: TestLedger; erc20: Address },
): Promise<void> {
  const w = await LaneWorld.open(f, { ledger });
  const note = (name: string, { gasUsed }: { gasUsed: bigint }) => {
    report[name] = Number(gasUsed);
  };
  const { account } = w.alice;
  const people = { to: account, refundTo: account };
  const amount = 10n ** 18n;
  const approve = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [w.address, 10n * amount] });
  await w.alice.send({ to: erc20, data: approve, value: 0n });
  await w.alice.depositEvm({ amount });
  note('lane.depositEvm', await w.alice.send(w.alice.calls.depositEvm({ ...people, amount })));
  const data = `0x${'ab'.repeat(4_096)}` as const;
  note('lane.depositEvm.fullData', await w.alice.send(w.alice.calls.depositEvm({ ...people, amount, data })));
  const deposit = w.alice.calls.depositEvmToken({ ...people, token: 1, amount });
  note('lane.depositEvmToken.first', await w.alice.send(deposit));
  note('lane.depositEvmToken', await w.alice.send(deposit));

  const toAccount = (token: number) => w.withdraw({ amount: 1000n, token, account: 2 });
  const leaves = [
    w.withdraw({ amount: 1000n }),
    w.withdraw({ amount: 1000n }),
    w.withdraw({ amount: 1000n, token: 1 }),
  ];
  leaves.push(toAccount(0), toAccount(1));
  const outcome = await w.prove();
  const signatures = await w.sign(outcome);
  note('lane.attest.threeSigners', await w.bob.attest({ ...outcome, signatures }));
  const names = ['claim.eth.first', 'claim.eth', 'claim.erc20', 'claim.eth.toLedger', 'claim.erc20.toLedger'];
  for (const [i, leaf] of leaves.entries()) note(`lane.${names[i]}`, await w.claim(leaf));
}

/** As a transaction of its own would cost it: 21,000 and calldata included. */
async function noteVerification(
  f: Fixture,
  report: GasReport,
  { model, owner }: { model: ProvenLeaf; owner: ProvenLeaf },
): Promise<void> {
  const { attestations, address: rollup } = f.deployment;
  const client = await AttestationsClient.connect({ address: attestations, rollup }, f.clients.publicClient);
  const { proven } = await f.alice.state();
  const { stored } = await f.alice.readBatch(proven.batch);
  const claimed = { sha256: toHex(SHA256), attestation: model };
  const cases = { verifyAttestation: {}, verifyAttestationAt: { batch: stored }, verifyOwnership: { owner } };
  for (const [name, more] of Object.entries(cases)) {
    report[name] = Number(await client.estimateGas({ ...claimed, ...more }, f.alice.account));
  }
}
