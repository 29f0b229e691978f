/** A dataset, a model trained from it, and what anybody can find out about the model's file. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { artefactCommitment, getProvenAccount, Subtype, sha256File } from '../sdk/index.ts';
import { connect, type ExampleOptions, person, runExample } from './support.ts';

export async function attestModel(options: ExampleOptions) {
  const { log } = options;
  const network = await connect(options);
  const lab = await person(network, 5);
  const from = await lab.deposit(parseEther('1'));

  const folder = await mkdtemp(join(tmpdir(), 'engram-example-'));
  const [dataset, weights, card] = ['dataset.csv', 'weights.bin', 'training.md'].map((name) => join(folder, name));
  if (dataset === undefined || weights === undefined || card === undefined) throw new RangeError('three files');
  try {
    await writeFile(dataset, `x,y\n${from},1\n`);
    await writeFile(weights, new Uint8Array(1_000_000).fill(from % 256));
    await writeFile(card, '# How it was trained\n');

    const data = await lab.ledger.attest({ from, sha256: await sha256File(dataset), subtype: Subtype.DATASET });
    // 2.5 % of every claim that names the model goes to its account.
    const model = await lab.ledger.attest({
      from,
      sha256: await sha256File(weights),
      provenanceSha256: await sha256File(card),
      subtype: Subtype.MODEL,
      parent: data.index,
      royaltyBps: 250,
    });
    log(`dataset ${data.index}, model ${model.index}`);

    // Somebody who has only the file: who attested it first, and what was it made from?
    const [first] = await lab.ledger.findAttestations(await sha256File(weights));
    const lineage = await lab.ledger.getLineage(model.index);
    log(`attested by account ${first?.owner}; made from ${lineage.ancestors.map(({ index }) => index).join(' ← ')}`);

    // Without trusting the node: a Merkle path to a root that L1 has proven.
    await lab.ledger.waitFor(model.hash, 'proven', { onStatus: ({ status }) => log(`the attestation is ${status}`) });
    const proven = await getProvenAccount(lab.ledger, network.l1, model.index);
    const isAttested = proven.account?.a === artefactCommitment(await sha256File(weights));
    log(`L1's proven batch ${proven.batch} ${isAttested ? 'holds' : 'lacks'} the file's attestation`);
    return { isAttested, owner: first?.owner, from, ancestors: lineage.ancestors.map(({ index }) => index), data };
  } finally {
    await rm(folder, { recursive: true });
  }
}

await runExample(import.meta.url, attestModel);
