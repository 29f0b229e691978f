/** What anybody can check without the node: a receipt by the data on L1, an attestation by a contract on L1. */
import { readFile } from 'node:fs/promises';
import type { PublicClient } from 'viem';
import { AttestationsClient } from '../../bridge/client/attestationsClient.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { withAccountProver } from '../../node/cli/accountProver.ts';
import { rebuildProvenTree } from '../../node/cli/rebuild.ts';
import { unpackChannel } from '../../protocol/account.ts';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { proofToJson, receiptToJson } from '../../protocol/receipts/receiptCodec.ts';
import { settledClaims } from '../../protocol/receipts/settledClaims.ts';
import { verifyReceipt } from '../../protocol/receipts/verifyReceipt.ts';
import type { AccountTree } from '../../protocol/tree.ts';
import type { Account, AccountIndex } from '../../protocol/types.ts';
import { hex, sha256File } from './aiArtefacts.ts';
import type { Model } from './aiMarket.ts';
import { BigramModel } from './aiModel.ts';
import type { Claimed } from './aiSettle.ts';
import { type Evidence, sha256 as sha256Text } from './aiStream.ts';
import type { Checks } from './book.ts';
import type { World } from './world.ts';

/** What L1 alone gave: the ledger as its posted data make it, and who asks. */
export interface Auditor {
  readonly tree: AccountTree;
  readonly checks: Checks;
}

/** The ledger of the last proven batch, from calldata; its root is L1's. */
export async function ledgerFromL1(world: World): Promise<AccountTree> {
  return (await rebuildProvenTree(world.who('grace').l1)).tree;
}

/**
 * A receipt counted by a claim: signed by the provider whose key is in the proven ledger, included under the root of a CLAIM in the
 * calldata of a proven batch, of the channel's model, whose file on disk gives the same output for the same input again.
 */
export async function checkReceipt(
  world: World,
  { channel, transaction }: Claimed,
  { tree, checks, evidence }: Auditor & { evidence: Evidence },
): Promise<void> {
  const { l1 } = world.who('grace');
  const { domain } = await l1.parameters();
  const { batch = 0 } = await world.devnet.rpc.request('engram_getTransactionStatus', [transaction]);
  const { number, header, shape, oldRoot, body, stored } = await l1.readBatch(batch);
  holds(checks, 'receipt: its batch is proven on L1', (await l1.state()).proven.batch >= batch);
  const { claims } = settledClaims({ header: { ...header, number, domain, shape, oldRoot }, body, stored });
  const claim = claims.find((candidate) => candidate.channel === channel.index);
  const terms = unpackChannel(live(tree, channel.index).c);
  const { a, b } = live(tree, terms.provider);
  if (claim === undefined) throw new RangeError(`batch ${batch} holds no claim of ${channel.name}`);
  const { receipt, proof, prompt } = evidence;
  const verdict = verifyReceipt({ receipt, proof, claim, terms, providerKey: [a, b] }, domain);
  holds(checks, 'receipt: verified against L1', verdict.isValid);
  const question = { receipt: receiptToJson(receipt), proof: proofToJson(proof), claim: transaction };
  const { isSettled } = await world.devnet.rpc.request('engram_verifyReceipt', [question]);
  holds(checks, 'receipt: the node says so, too', isSettled);
  // Whoever has the attested file can run it again.
  const { file } = channel.model.artefact;
  const model = BigramModel.fromBytes(await readFile(file));
  const commitment = artefactCommitment(await sha256File(file));
  checks.equal('receipt: the file is the attested model', live(tree, receipt.model).a, commitment);
  holds(checks, 'receipt: its input', isSame(sha256Text(prompt), receipt.inputHash));
  holds(checks, 'receipt: the same output again', isSame(sha256Text(model.answer(prompt)), receipt.outputHash));
}

/** The contract on L1 says, of nothing but a SHA-256 and two account proofs, who attested the file and what it was made from. */
export async function checkAttestation(
  world: World,
  { name, index, owner, royaltyBps, artefact }: Model,
  { tree, checks, parent }: Auditor & { parent: Model },
): Promise<void> {
  const { publicClient } = localClients(world.devnet.l1);
  const { rollup, attestations: address } = await world.devnet.rpc.request('engram_chainInfo', []);
  if (address === undefined) throw new RangeError('the node knows of no Attestations contract');
  const contract = await AttestationsClient.connect({ address, rollup }, publicClient as PublicClient);
  const sha256 = hex(await sha256File(artefact.file));
  const said = await withAccountProver({}, { tree }, async (prove) =>
    contract.verify({ sha256, attestation: await prove(index), owner: await prove(owner.indexOf(world.token.id)) }),
  );
  const found = [said.index, said.owner, said.parent, said.royaltyBps];
  const expected = [index, owner.indexOf(world.token.id), parent.index, royaltyBps];
  const words = ['index', 'owner', 'parent', 'royalty'];
  words.forEach((word, i) => {
    checks.equal(`L1 on the ${name}: ${word}`, BigInt(expected[i] ?? -1), BigInt(found[i] ?? -2));
  });
  checks.equal(`L1 on the ${name}: owner on L1`, owner.address, BigInt(said.ownerAddress ?? 0));
}

/** What the node tells of a model's origin. */
export async function checkLineage(
  world: World,
  { name, index }: Model,
  { ancestors, checks }: { ancestors: readonly Model[]; checks: Checks },
): Promise<void> {
  const lineage = await world.devnet.rpc.request('engram_getLineage', [index]);
  const found = lineage?.ancestors.map((ancestor) => ancestor.index) ?? [];
  checks.equal(`the ${name}'s ancestors`, BigInt(ancestors.length), BigInt(found.length));
  ancestors.forEach((ancestor, i) => {
    checks.equal(`the ${name}'s ancestor ${i + 1}`, BigInt(ancestor.index), BigInt(found[i] ?? -1));
  });
}

function live(tree: AccountTree, index: AccountIndex): Account {
  const account = tree.get(index);
  if (account === undefined) throw new RangeError(`account ${index} is not in the proven ledger`);
  return account;
}

function holds(checks: Checks, what: string, isTrue: boolean): void {
  checks.equal(what, 1n, isTrue ? 1n : 0n);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(b);
}
