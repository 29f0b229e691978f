import { type Command, Option } from 'commander';
import { isAddressEqual, type PublicClient } from 'viem';
import {
  type AttestationProof,
  attestationProof,
  attestationProofFromJson,
  attestationProofToJson,
} from '../../bridge/client/attestationProof.ts';
import { AttestationsClient } from '../../bridge/client/attestationsClient.ts';
import { BridgeError } from '../../bridge/client/errors.ts';
import { Reader } from '../../bridge/client/rollupReader.ts';
import { controllerOf, unpackAttestation } from '../../protocol/account.ts';
import { prefixedHex } from '../../protocol/bytes.ts';
import { type AccountIndex, Kind } from '../../protocol/types.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { l1PublicClient } from '../l1/clients.ts';
import { withAccountProver } from './accountProver.ts';
import { type NodeOptions, withNode } from './context.ts';
import { digestOf, readJson } from './files.ts';
import { checkWritable, writeOut } from './outFile.ts';
import { CliError, Exit, guarded, progress } from './output.ts';
import { address, count, index } from './parsers.ts';
import { rebuildProvenTree } from './rebuild.ts';

/** Reading only: no key pays for anything here. */
interface L1ReadOptions extends NodeOptions {
  readonly l1: string;
  readonly rollup?: Hex;
  readonly l1StartBlock: number;
  readonly cache?: string;
}

interface ProveOptions extends L1ReadOptions {
  readonly out?: string;
}

interface VerifyOptions extends L1ReadOptions {
  readonly file: string;
  readonly attestations?: Hex;
}

/** `engram model prove|verify-l1`: what the ledger attests, shown to a contract on L1. */
export function registerAttestationCommands(model: Command): void {
  onL1(model.command('prove'))
    .description('write a proof of an attestation and its owner in the last proven batch, from L1 data alone')
    .argument('<index>', 'the ATTEST account', index)
    .option('--out <file>', 'default: attestation-<index>.json')
    .action((which: AccountIndex, options: ProveOptions) => guarded(options, () => prove(which, options)));
  onL1(model.command('verify-l1'))
    .description('ask the Attestations contract whether an artefact is attested, by whom and from what')
    .argument('<proof>', 'a file of `model prove`, or an index to prove now', fileOrIndex)
    .requiredOption('--file <artefact>', 'the artefact: its SHA-256 is what L1 compares')
    .option('--attestations <address>', 'the contract; default: what the node says', address)
    .action((proof: string | AccountIndex, options: VerifyOptions) =>
      guarded(options, () => verifyOnL1(proof, options)),
    );
}

function onL1(command: Command): Command {
  return withNode(command)
    .addOption(new Option('--l1 <url>', 'JSON-RPC of L1').env('ENGRAM_L1_URL').default('http://127.0.0.1:8545'))
    .option('--rollup <address>', 'the rollup; default: what the node says', address)
    .option('--l1-start-block <n>', 'L1 block of its deployment', count, 0)
    .option('--cache <dir>', 'folder of compiled circuits and keys');
}

function fileOrIndex(text: string): string | AccountIndex {
  return /^\d+$/.test(text) ? index(text) : text;
}

async function prove(which: AccountIndex, options: ProveOptions): Promise<object> {
  const file = options.out ?? `attestation-${which}.json`;
  checkWritable(file); // the proofs take a while
  const proof = await makeProof(which, options, await openRollup(options));
  writeOut(file, `${JSON.stringify(attestationProofToJson(proof))}\n`);
  const { owner, parent, royaltyBps, subtype } = unpackAttestation(proof.attestation.leaf.c);
  const { number, newRoot: root } = proof.batch;
  return { file, batch: Number(number), root, index: which, owner, parent, royaltyBps, subtype };
}

async function verifyOnL1(given: string | AccountIndex, options: VerifyOptions): Promise<object> {
  const sha256 = prefixedHex(await digestOf(options.file));
  const l1 = await openRollup(options);
  // Never by what a proof file says: it may come from anyone.
  const contract = options.attestations ?? (await attestationsOf(options));
  const client = await AttestationsClient.connect({ address: contract, rollup: l1.rollup.address }, l1.publicClient);
  const proof =
    typeof given === 'string'
      ? readJson(given, attestationProofFromJson, 'BAD_PROOF_FILE')
      : await makeProof(given, options, l1);
  if (proof.l1ChainId !== l1.chainId || !isAddressEqual(proof.rollup, l1.rollup.address)) {
    throw new CliError(
      Exit.REFUSED,
      'OTHER_CHAIN',
      `the proof is for rollup ${proof.rollup} on chain ${proof.l1ChainId}`,
    );
  }
  const { attestation, owner, batch } = proof;
  const { proven } = await l1.rollup.state();
  // L1 remembers the last proven root itself; of older ones it remembers the batch, for a while.
  const isNewest = BigInt(proven.batch) === batch.number && proven.root === batch.newRoot;
  const verified = await client
    .verify({ sha256, attestation, owner, ...(!isNewest && { batch }) })
    .catch((error: unknown) => {
      if (!(error instanceof BridgeError) || error.code !== 'ArtefactMismatch') throw error;
      const message = `${options.file} is not the file that was attested (its SHA-256: ${sha256})`;
      throw new CliError(Exit.REFUSED, error.code, message, { cause: error });
    });
  return { isAttested: true, sha256, ...verified, batch: Number(batch.number), root: batch.newRoot, contract };
}

interface L1 {
  readonly rollup: Reader;
  readonly publicClient: PublicClient;
  readonly chainId: number;
}

async function openRollup(options: L1ReadOptions): Promise<L1> {
  const publicClient = l1PublicClient({ rpcUrl: options.l1, pollMs: 500 });
  const chainId = await publicClient.getChainId().catch((cause: unknown) => {
    throw new CliError(Exit.UNREACHABLE, 'L1_UNREACHABLE', `no answer from ${options.l1}`, { cause });
  });
  const rollup = options.rollup ?? (await new RpcClient(options.rpc).request('engram_chainInfo', [])).rollup;
  const deployedAt = BigInt(options.l1StartBlock);
  return { rollup: await Reader.connect({ address: rollup, deployedAt }, publicClient), publicClient, chainId };
}

async function attestationsOf(options: VerifyOptions): Promise<Hex> {
  const { attestations } = await new RpcClient(options.rpc).request('engram_chainInfo', []);
  if (attestations !== undefined) return attestations;
  throw new CliError(Exit.USAGE, 'NO_ATTESTATIONS', 'the node knows of no such contract: --attestations <address>');
}

/** @throws CliError UNKNOWN_ACCOUNT, NOT_AN_ATTESTATION */
async function makeProof(which: AccountIndex, options: L1ReadOptions, l1: L1): Promise<AttestationProof> {
  const onBatch = (n: number, last: number) => progress(`replaying batch ${n} of ${last}`);
  const { tree, posted } = await rebuildProvenTree(l1.rollup, onBatch);
  const account = tree.get(which);
  if (account === undefined || posted === undefined) {
    throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT', `there is no account ${which} in the last proven batch`);
  }
  if (account.kind !== Kind.ATTEST) {
    throw new CliError(Exit.NOT_FOUND, 'NOT_AN_ATTESTATION', `account ${which} attests nothing`);
  }
  return withAccountProver({ cacheDir: options.cache }, { tree }, async (proveLeaf) =>
    attestationProof({
      l1ChainId: l1.chainId,
      rollup: l1.rollup.address,
      batch: posted.stored,
      attestation: await proveLeaf(which),
      owner: await proveLeaf(controllerOf(which, account)),
    }),
  );
}
