/** The SDK against a real node and L1: what it checks by itself when the node lies, and what L1's contract says of an attestation. */
import { custom, http, type PublicClient, parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Reader } from '../../bridge/client/rollupReader.ts';
import { proveLeaf } from '../../bridge/testing/accountProofs.ts';
import { terminateSnarkjs } from '../../circuits/build/snarkCurve.ts';
import { connect, type Network, person } from '../../examples/support.ts';
import { rebuildProvenTree } from '../../node/cli/rebuild.ts';
import { ZERO } from '../../protocol/field.ts';
import {
  bridgeOf,
  createEngramClient,
  createLedgerClient,
  getProvenAccount,
  type LedgerClient,
  ReceiptLog,
  type SignedReceipt,
  Subtype,
  sha256Bytes,
  verifyAttestationOnL1,
  verifyReceiptOnL1,
} from '../../sdk/index.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';

const PRICE = 1_000n;
const FEE = 7n;
const MODEL = sha256Bytes(new TextEncoder().encode('weights'));

let devnet: InstantDevnet;
let network: Network;
let l1: PublicClient;
let alice: Awaited<ReturnType<typeof person>>;
let bob: Awaited<ReturnType<typeof person>>;
let payer: number;
let payee: number;
let model: number;
let receipts: ReceiptLog;
let channel: number;

beforeAll(async () => {
  devnet = await startInstantDevnet({
    flags: { '--sequencer-batch-ms': 500, '--sequencer-minimum-fees': `0:${FEE}` },
  });
  network = await connect({ rpc: devnet.rpcUrl, l1: devnet.l1Url, log: () => undefined });
  l1 = network.l1;
  // fees need an account of the token
  await (await person(network, 2)).wallet.deposit({ amount: 1n, key: devnet.person('fees').key });
  [alice, bob] = [await person(network, 3), await person(network, 4)];
  payer = await alice.deposit(parseEther('1'));
  payee = await bob.deposit(parseEther('1'));
  model = (await bob.ledger.attest({ sha256: MODEL, subtype: Subtype.MODEL, royaltyBps: 100 })).index;

  const paying = await alice.ledger.openChannel({ provider: payee, model, amount: 100_000n });
  const paid = await bob.ledger.acceptChannel({ channel: paying.index });
  channel = paying.index;
  receipts = new ReceiptLog();
  let receipt: SignedReceipt | undefined;
  for (let n = 0; n < 5; n += 1) {
    const input = new Uint8Array([n]);
    paid.accept(paying.next(receipt, { price: PRICE, input }), { price: PRICE });
    const [inputHash, outputHash] = [sha256Bytes(input), sha256Bytes(new Uint8Array([n, n]))];
    receipt = paid.issue({ price: PRICE, inputHash, outputHash, execution: ZERO });
    receipts.append(receipt);
  }
  if (receipt !== undefined) paying.receive(receipt);
  paid.accept(paying.voucher(), { price: 0n });
  await bob.ledger.waitFor(await paid.claim(), 'proven');
});
afterAll(async () => {
  await terminateSnarkjs();
  await devnet?.stop();
});

/** A client whose node changes one method's answers. */
function lying(method: string, change: (answer: never) => unknown): LedgerClient {
  const request = async (args: { method: string }): Promise<unknown> => {
    const answer: unknown = await alice.ledger.request(args as never);
    return args.method === method ? change(answer as never) : answer;
  };
  return createLedgerClient({ chain: network.chain, transport: custom({ request }, { retryCount: 0 }) });
}

const third = () => ({ receipt: receipts.receipts[2] as SignedReceipt, proof: receipts.proof(2) });

describe('an account, read without trusting the node', () => {
  it('is what the proven root says', async () => {
    const { account } = await getProvenAccount(alice.ledger, l1, channel);
    expect(account).toMatchObject({ claimed: 5n * PRICE, balance: 100_000n - 5n * PRICE });
    expect((await getProvenAccount(alice.ledger, l1, 12_345)).account).toBeUndefined();
  });

  it('is not what a lying node says', async () => {
    const state = lying('engram_getAccountProof', (proof: { leaf: { state: string } }) => ({
      ...proof,
      leaf: { ...proof.leaf, state: String(BigInt(proof.leaf.state) + 1n) },
    }));
    await expect(getProvenAccount(state, l1, payer)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
    const absent = lying('engram_getAccountProof', ({ leaf: _, ...proof }: { leaf: object }) => proof);
    await expect(getProvenAccount(absent, l1, payer)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
    const future = lying('engram_getAccountProof', (proof: object) => ({ ...proof, batch: 1_000_000 }));
    await expect(getProvenAccount(future, l1, payer)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
    const genesis = lying('engram_getAccountProof', (proof: object) => ({ ...proof, batch: 0 }));
    await expect(getProvenAccount(genesis, l1, payer)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });
});

describe('a receipt, checked against L1', () => {
  it('proves model, input, output and price in a proven batch', async () => {
    const proven = await verifyReceiptOnL1(alice.ledger, l1, third());
    expect(proven).toMatchObject({ channel, provider: payee, model, sequence: 2, price: PRICE });
    expect(proven.settled).toMatchObject({ total: 5n * PRICE, receipts: 5 });
    expect(proven.inputHash).toEqual(sha256Bytes(new Uint8Array([2])));
    expect(await alice.ledger.verifyReceipt(third())).toMatchObject({ isSettled: true, price: PRICE });
  });

  it('is refused by the statement that fails', async () => {
    const { receipt, proof } = third();
    const refused = (change: object) => verifyReceiptOnL1(alice.ledger, l1, { receipt, proof, ...change });
    const dearer = { receipt: { ...receipt, price: PRICE + 1n } };
    await expect(refused(dearer)).rejects.toMatchObject({ code: 'RECEIPT_SIGNATURE' });
    await expect(refused({ proof: receipts.proof(3) })).rejects.toMatchObject({ code: 'RECEIPT_POSITION' });
    const shorter = new ReceiptLog();
    for (const one of receipts.receipts.slice(0, 4)) shorter.append(one);
    await expect(refused({ proof: shorter.proof(2) })).rejects.toMatchObject({ code: 'RECEIPT_NOT_INCLUDED' });
    await expect(refused({ claim: `0x${'00'.repeat(32)}` })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is not proven by a node’s word', async () => {
    const invented = lying('engram_getClaims', ([claim]: { batch: number }[]) => [{ ...claim, batch: 1 }]);
    await expect(verifyReceiptOnL1(invented, l1, third())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const hidden = lying('engram_getClaims', () => []);
    await expect(verifyReceiptOnL1(hidden, l1, third())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const future = lying('engram_getClaims', ([claim]: object[]) => [{ ...claim, batch: 1_000_000 }]);
    await expect(verifyReceiptOnL1(future, l1, third())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('an attestation, asked of the contract on L1', () => {
  it('is confirmed with its owner, and only for its own file', async () => {
    await alice.ledger.waitFor((await alice.ledger.attest({ sha256: MODEL, subtype: Subtype.MODEL })).hash, 'proven');
    const { rollup, deployedAt } = bridgeOf(network.chain);
    const { tree, posted } = await rebuildProvenTree(await Reader.connect({ address: rollup, deployedAt }, l1));
    const claim = {
      sha256: `0x${Buffer.from(MODEL).toString('hex')}`,
      attestation: await proveLeaf(tree, model),
      owner: await proveLeaf(tree, payee),
      ...(posted !== undefined && { batch: posted.stored }),
    } as const;
    expect(await verifyAttestationOnL1(network.chain, l1, claim)).toMatchObject({
      index: model,
      owner: payee,
      royaltyBps: 100,
      ownerAddress: bob.address,
    });
    const other = { ...claim, sha256: `0x${'00'.repeat(32)}` } as const;
    await expect(verifyAttestationOnL1(network.chain, l1, other)).rejects.toMatchObject({ code: 'ArtefactMismatch' });
    const { attestations: _, ...contracts } = network.chain.contracts;
    const without = { ...network.chain, contracts };
    await expect(verifyAttestationOnL1(without, l1, claim)).rejects.toMatchObject({ code: 'NO_ATTESTATIONS' });
  });
});

describe('actions on a node', () => {
  it('pay the least fee, out of a claim’s amount too', async () => {
    const { claimed } = await bob.ledger.getChannel(channel);
    const [claim] = await bob.ledger.getClaims(channel);
    expect(claim).toMatchObject({ total: claimed, delta: claimed, fee: FEE, royalty: claimed / 100n, state: 'proven' });
  });

  it('tell what became of a deposit that had no effect', async () => {
    const { queueIndex } = await alice.wallet.depositTo({ index: 12_345, amount: 5n });
    const outcome = await alice.ledger.waitForDeposit(queueIndex, { timeoutMs: 20_000 });
    expect(outcome).toMatchObject({ index: 12_345, amount: 5n, isVoid: true, address: alice.address.toLowerCase() });
    const early = alice.ledger.waitForDeposit(queueIndex + 1n, { timeoutMs: 10 });
    await expect(early).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
  });

  it('need no more than the address of a node in development', async () => {
    const client = await createEngramClient({ rpcUrl: devnet.rpcUrl, account: alice.account });
    expect(client.chain.id).toBe(network.chain.id);
    expect(await client.getAccounts()).toEqual([await client.getAccount(payer)]);
    await expect(createEngramClient({ rpcUrl: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('work over any viem transport; waiting polls then', async () => {
    const client = createLedgerClient({
      chain: network.chain,
      transport: http(devnet.rpcUrl),
      account: alice.account,
      pollingIntervalMs: 50,
    });
    const hashes = await Promise.all([1n, 2n, 3n].map((amount) => client.transfer({ to: payee, amount })));
    await Promise.all(hashes.map((hash) => client.waitFor(hash, 'proven')));
    const [fees] = await client.request({ method: 'engram_getFees', params: [] });
    expect(fees?.minimumFee).toBe(String(FEE));
  });

  it('fail with the ledger’s code, and the next one works', async () => {
    const tooMuch = alice.ledger.transfer({ to: payee, amount: parseEther('5') });
    await expect(tooMuch).rejects.toMatchObject({ name: 'LedgerRefusedError', code: 'INSUFFICIENT_BALANCE' });
    const nobody = alice.ledger.transfer({ to: 12_345, amount: 1n });
    await expect(nobody).rejects.toMatchObject({ code: 'UNKNOWN_ACCOUNT' });
    const orphan = alice.ledger.attest({ sha256: MODEL, subtype: Subtype.MODEL, parent: payee });
    await expect(orphan).rejects.toMatchObject({ code: 'UNKNOWN_PARENT' });
    await alice.ledger.waitFor(await alice.ledger.transfer({ to: payee, amount: 1n }), 'included');
  });

  it('survive a restart of the node', async () => {
    await alice.ledger.waitFor(await alice.ledger.transfer({ to: payee, amount: 1n }), 'proven');
    const before = await alice.ledger.getAccount(payer);
    await devnet.restart();
    const client = createLedgerClient({ chain: network.chain, transport: http(devnet.rpcUrl), account: alice.account });
    const hash = await client.transfer({ to: payee, amount: 1n });
    await client.waitFor(hash, 'included', { timeoutMs: 20_000 });
    expect((await client.getAccount(payer)).nonce).toBe(before.nonce + 1);
  });
});
