import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployWithVerifiers } from '../../bridge/deploy/deploy.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { TEST_L2_CHAIN_ID, TEST_SETTINGS } from '../../bridge/testing/fixture.ts';
import { artefactCommitment, provenanceCommitment } from '../../protocol/attestation.ts';
import { EMPTY_ROOT } from '../../protocol/tree.ts';
import { type AccountIndex, Subtype } from '../../protocol/types.ts';
import { attest, transfer } from '../../sdk/ops.ts';
import { devAccount } from '../devnet/accounts.ts';
import { ProvenChain } from '../testing/provenChain.ts';
import { engram } from '../testing/runCli.ts';
import { Exit } from './output.ts';

/** Real proofs of the accounts against the real contracts, without a node. */
let chain: ProvenChain;
let folder: string;
const accounts = { alice: 0 as AccountIndex, bob: 0 as AccountIndex };
/** Bob's fine-tune of Alice's model. */
let model: AccountIndex;
let fineTune: AccountIndex;

const sha256 = (text: string) => createHash('sha256').update(text).digest();
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engram-attestations-'));
  await writeFile(file('weights'), 'weights');
  await writeFile(file('tuned'), 'tuned weights');
  chain = await ProvenChain.start();
  await chain.run(async ({ deposit, send }) => {
    accounts.alice = await deposit('alice');
    accounts.bob = await deposit('bob');
    const { alice, bob } = accounts;
    const artefact = artefactCommitment(sha256('weights'));
    await send('alice', alice, [attest({ from: alice, artefact, subtype: Subtype.MODEL, royaltyBps: 500 })]);
    model = await attested('alice');
    const tuned = artefactCommitment(sha256('tuned weights'));
    const provenance = provenanceCommitment(sha256('how it was tuned'));
    const terms = { parent: model, subtype: Subtype.MODEL, royaltyBps: 250 };
    await send('bob', bob, [attest({ from: bob, artefact: tuned, provenance, ...terms })]);
    fineTune = await attested('bob');
  });
});
afterAll(async () => {
  await chain?.stop();
  await rm(folder, { recursive: true });
});

/** The index of the only attestation that a person owns. */
async function attested(name: 'alice' | 'bob'): Promise<AccountIndex> {
  const { json } = await onL1(['escape', '--dev', name, '--list']);
  const found = json.accounts.find(({ kind }: { kind: string }) => kind === 'attestation');
  return found?.index ?? expect.unreachable();
}

/** No node: `--rpc` leads nowhere. */
function onL1(command: readonly string[], ...args: readonly string[]) {
  const place = ['--l1', chain.l1.url, '--rollup', chain.deployment.address, '--rpc', 'http://127.0.0.1:9', '--json'];
  return engram(...command, ...place, ...args);
}

const prove = (index: number | string, ...args: readonly string[]) => onL1(['model', 'prove'], String(index), ...args);

function verify(proof: string | number, artefact: string, ...args: readonly string[]) {
  const contract = args.includes('--attestations') ? [] : ['--attestations', chain.deployment.attestations];
  return onL1(['model', 'verify-l1'], String(proof), '--file', file(artefact), ...contract, ...args);
}

describe('engram model prove and verify-l1', () => {
  it('prove from L1 data alone what L1 then confirms: owner, parent, royalty, provenance', async () => {
    const proven = await prove(fineTune, '--out', file('proof.json'));
    expect([proven.exit, proven.json]).toMatchObject([
      Exit.OK,
      { index: fineTune, owner: accounts.bob, parent: model, royaltyBps: 250 },
    ]);
    const verified = await verify(file('proof.json'), 'tuned');
    expect([verified.exit, verified.json]).toMatchObject([
      Exit.OK,
      {
        ...{ isAttested: true, index: fineTune, owner: accounts.bob, parent: model, royaltyBps: 250, subtype: 1 },
        sha256: `0x${sha256('tuned weights').toString('hex')}`,
        ownerAddress: devAccount('bob').l1.address,
        artefact: artefactCommitment(sha256('tuned weights')).toString(),
        provenance: provenanceCommitment(sha256('how it was tuned')).toString(),
        contract: chain.deployment.attestations,
      },
    ]);
  });

  it('work in one step with an index', async () => {
    const verified = await verify(model, 'weights');
    expect([verified.exit, verified.json]).toMatchObject([
      Exit.OK,
      { index: model, owner: accounts.alice, parent: 0, provenance: '0', ownerAddress: devAccount('alice').l1.address },
    ]);
  });

  it('accept an older proof while L1 remembers its batch', async () => {
    await chain.run(({ send }) =>
      send('alice', accounts.alice, [transfer({ from: accounts.alice, to: accounts.bob, amount: 1n })]),
    );
    const verified = await verify(file('proof.json'), 'tuned');
    expect([verified.exit, verified.json]).toMatchObject([Exit.OK, { index: fineTune }]);
    const { batch } = verified.json;
    expect(Number((await verify(fineTune, 'tuned')).json.batch)).toBeGreaterThan(Number(batch));
  });
});

describe('what L1 does not confirm', () => {
  it('another file', async () => {
    const other = await verify(file('proof.json'), 'weights');
    expect([other.exit, other.json.error.code]).toEqual([Exit.REFUSED, 'ArtefactMismatch']);
    expect(other.json.error.message).toContain('is not the file that was attested');
  });

  it('a proof that was edited', async () => {
    const proof = JSON.parse(await readFile(file('proof.json'), 'utf8'));
    const edit = async (change: (copy: typeof proof) => void) => {
      const copy = structuredClone(proof);
      change(copy);
      await writeFile(file('edited.json'), JSON.stringify(copy));
      const { exit, json } = await verify(file('edited.json'), 'tuned');
      return [exit, json.error?.code];
    };
    const stolen = await edit((copy) => {
      copy.owner.leaf.c = BigInt(devAccount('alice').l1.address).toString();
    });
    expect(stolen).toEqual([Exit.REFUSED, 'ProofInvalid']);
    const free = await edit((copy) => {
      copy.attestation.leaf.c = (BigInt(copy.attestation.leaf.c) & ~(0xffffn << 64n)).toString();
    });
    expect(free).toEqual([Exit.REFUSED, 'ProofInvalid']);
    const forgedRoot = await edit((copy) => {
      copy.batch.newRoot = '5';
    });
    expect(forgedRoot).toEqual([Exit.REFUSED, 'UnknownBatch']);
    const future = await edit((copy) => {
      copy.batch.number = '1000';
    });
    expect(future).toEqual([Exit.REFUSED, 'UnknownBatch']);
    const elsewhere = await edit((copy) => {
      copy.rollup = devAccount('bob').l1.address;
    });
    expect(elsewhere).toEqual([Exit.REFUSED, 'OTHER_CHAIN']);
    const chainId = await edit((copy) => {
      copy.l1ChainId = 1;
    });
    expect(chainId).toEqual([Exit.REFUSED, 'OTHER_CHAIN']);
    for (const change of [
      (copy: typeof proof) => {
        copy.attestations = chain.deployment.attestations; // a file cannot name the contract to ask
      },
      (copy: typeof proof) => {
        copy.attestation.leaf.index = 2 ** 24 + fineTune;
      },
      (copy: typeof proof) => {
        copy.attestation.leaf.a = (BigInt(copy.attestation.leaf.a) + 2n ** 256n).toString();
      },
      (copy: typeof proof) => {
        delete copy.owner;
      },
    ]) {
      expect(await edit(change)).toEqual([Exit.USAGE, 'BAD_PROOF_FILE']);
    }
  });

  it('an account that attests nothing, or does not exist', async () => {
    const key = await prove(accounts.alice, '--out', file('none.json'));
    expect([key.exit, key.json.error.code]).toEqual([Exit.NOT_FOUND, 'NOT_AN_ATTESTATION']);
    const none = await prove(4000, '--out', file('none.json'));
    expect([none.exit, none.json.error.code]).toEqual([Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT']);
    expect((await prove('x')).exit).toBe(Exit.USAGE);
  });

  it('anything by a contract that speaks of another rollup', async () => {
    const { publicClient, walletClient } = localClients(chain.l1);
    const { verifiers, accountVerifier } = chain.deployment;
    const sequencer = devAccount('sequencer').l1.address;
    const other = await deployWithVerifiers(
      {
        ...{ l2ChainId: TEST_L2_CHAIN_ID, genesisRoot: EMPTY_ROOT, sequencer, verifiers, accountVerifier },
        settings: TEST_SETTINGS,
      },
      { publicClient, wallet: walletClient(devAccount('deployer').l1) },
    );
    for (const contract of [other.attestations, chain.deployment.address]) {
      const foreign = await verify(file('proof.json'), 'tuned', '--attestations', contract);
      expect([foreign.exit, foreign.json.error.code]).toEqual([Exit.REFUSED, 'NOT_ATTESTATIONS']);
    }
  });

  it('files that cannot be read', async () => {
    const noProof = await verify(file('missing.json'), 'tuned');
    expect([noProof.exit, noProof.json.error.code]).toEqual([Exit.USAGE, 'BAD_PROOF_FILE']);
    const noFile = await verify(file('proof.json'), 'missing');
    expect([noFile.exit, noFile.json.error.code]).toEqual([Exit.USAGE, 'BAD_FILE']);
    const nowhere = await prove(fineTune, '--out', file('nowhere/proof.json'));
    expect([nowhere.exit, nowhere.json.error.code]).toEqual([Exit.USAGE, 'BAD_FILE']);
  });
});
