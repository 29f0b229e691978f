import { type Command, Option } from 'commander';
import type { PublicClient } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { type AttestationDomain, attestationTypedData } from '../../bridge/client/attestation.ts';
import { BridgeError } from '../../bridge/client/errors.ts';
import { readLaneFacts } from '../../bridge/client/evmLaneReader.ts';
import { readRegistryParameters } from '../../bridge/client/registryReader.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { l1PublicClient } from '../l1/clients.ts';
import { L1Sender } from '../validator/l1Sender.ts';
import { openRecord } from '../validator/recordDb.ts';
import { SigningGuard } from '../validator/signingGuard.ts';
import { type DeriveL1Options, derived, outcome, withDeriveSource } from './deriveCommand.ts';
import { readL1Key } from './keyFile.ts';
import { CliError, Exit, guarded, lines, progress } from './output.ts';

interface AttestOptions extends DeriveL1Options {
  readonly attestorKey?: string;
  readonly attestorKeyFile?: string;
  readonly dataDir?: string;
}

type Sign = (domain: AttestationDomain, batch: number, commitment: bigint) => Promise<Hex>;

/** `engram attest`: derives the EVM lane from L1, and signs the last batch only if L1 has what was derived. */
export function registerAttestCommand(program: Command): void {
  withDeriveSource(program.command('attest'))
    .description('derive both lanes from L1, sign the last batch as an attestor and send the signature to L1')
    .addOption(new Option('--attestor-key <hex>', 'key that signs and pays').env('ENGRAM_ATTESTOR_KEY').hideHelp())
    .option('--attestor-key-file <file>', 'file with the key that signs and pays (or ENGRAM_ATTESTOR_KEY)')
    .option(
      '--data-dir <dir>',
      'folder of the key’s node, stopped: the record of what the key signed; needed with a stake',
    )
    .option('--no-send', 'print the signature instead of sending it')
    .action((options: AttestOptions & { send: boolean }) => guarded(options, () => attest(options), lines));
}

async function attest(options: AttestOptions & { send: boolean }): Promise<object> {
  const account = privateKeyToAccount(attestorKey(options));
  return withSigning(options, account, (sign) => attestWith(options, account, sign));
}

/** Where two signatures for one batch cost a stake, only the record of what was signed may sign. */
async function withSigning<T>(
  { dataDir, l1EvmLane: address, l1RpcUrl: rpcUrl }: AttestOptions,
  account: PrivateKeyAccount,
  work: (sign: Sign) => Promise<T>,
): Promise<T> {
  if (dataDir === undefined) {
    const publicClient = l1PublicClient({ rpcUrl, pollMs: 500 });
    const { attestors } = await readLaneFacts({ address, deployedAt: 0n }, publicClient);
    if (await isRegistry(attestors, publicClient)) {
      const message = 'attestors have a stake: name the folder of the key’s node, --data-dir <dir>; its record is used';
      throw new CliError(Exit.USAGE, 'NO_RECORD', message);
    }
    return work((...signed) => account.signTypedData(attestationTypedData(...signed)));
  }
  const db = await openRecord(dataDir);
  try {
    return await work((domain, ...signed) => new SigningGuard({ domain, account }, { db }).sign(...signed));
  } finally {
    await db.close();
  }
}

async function isRegistry(address: Hex, publicClient: PublicClient): Promise<boolean> {
  try {
    await readRegistryParameters(address, publicClient);
    return true;
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'NOT_A_REGISTRY') return false;
    throw error;
  }
}

async function attestWith(
  options: AttestOptions & { send: boolean },
  account: PrivateKeyAccount,
  sign: Sign,
): Promise<object> {
  return derived(options, async (derivation, { lane }) => {
    const { last } = derivation;
    const { batch, commitment, isLastCommitmentDerived, differing, replaced } = outcome(derivation);
    if (last === undefined) throw new CliError(Exit.NOT_FOUND, 'NOTHING_PROVEN', 'no batch is proven on L1');
    if (!isLastCommitmentDerived) {
      throw new CliError(Exit.REFUSED, 'COMMITMENT_MISMATCH', `batch ${batch} is not what was derived: not signed`);
    }
    const signature = await sign(lane.attestationDomain, batch, last.evm.commitment);
    const signed = { batch, attestor: account.address, commitment, signature, differing, replaced };
    if (!options.send) return signed;
    const publicClient = l1PublicClient({ rpcUrl: options.l1RpcUrl, pollMs: 500 });
    const sender = new L1Sender(
      { pollMs: 500 },
      { publicClient, account, simulate: (call, from) => lane.simulate(call, from) },
    );
    progress(`batch ${batch} is what was derived: sending the signature`);
    const call = lane.calls.attest({ posted: last.posted, output: last.evm.output, signatures: [signature] });
    const { hash, blockNumber, gasUsed } = await sender.send(call);
    const isAttested = (await lane.attestedBatch()) >= batch;
    return { ...signed, isAttested, l1Transaction: hash, l1Block: blockNumber, gasUsed };
  });
}

function attestorKey({ attestorKey: key, attestorKeyFile: file }: AttestOptions): Hex {
  if (file !== undefined) return readL1Key(file);
  if (key === undefined) throw new CliError(Exit.USAGE, 'NO_KEY', 'a key is needed: --attestor-key-file <file>');
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new CliError(Exit.USAGE, 'BAD_KEY', 'ENGRAM_ATTESTOR_KEY: expected 0x and 64 hex digits');
  }
  return key as Hex; // by the pattern
}
