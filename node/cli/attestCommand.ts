import { type Command, Option } from 'commander';
import { privateKeyToAccount } from 'viem/accounts';
import { attestationTypedData } from '../../bridge/client/attestation.ts';
import { L1Sender } from '../validator/l1Sender.ts';
import { l1PublicClient } from '../l1/clients.ts';
import { type DeriveL1Options, derived, outcome, withDeriveSource } from './deriveCommand.ts';
import { readL1Key } from './keyFile.ts';
import { CliError, Exit, guarded, lines, progress } from './output.ts';

interface AttestOptions extends DeriveL1Options {
  readonly attestorKey?: string;
  readonly attestorKeyFile?: string;
}

/** `engram attest`: derives the EVM lane from L1, and signs the last batch only if L1 has what was derived. */
export function registerAttestCommand(program: Command): void {
  withDeriveSource(program.command('attest'))
    .description('derive both lanes from L1, sign the last batch as an attestor and send the signature to L1')
    .addOption(new Option('--attestor-key <hex>', 'key that signs and pays').env('ENGRAM_ATTESTOR_KEY').hideHelp())
    .option('--attestor-key-file <file>', 'file with the key that signs and pays (or ENGRAM_ATTESTOR_KEY)')
    .option('--no-send', 'print the signature instead of sending it')
    .action((options: AttestOptions & { send: boolean }) => guarded(options, () => attest(options), lines));
}

async function attest(options: AttestOptions & { send: boolean }): Promise<object> {
  const account = privateKeyToAccount(attestorKey(options));
  return derived(options, async (derivation, { lane }) => {
    const { last } = derivation;
    const { batch, commitment, isLastCommitmentDerived, differing, replaced } = outcome(derivation);
    if (last === undefined) throw new CliError(Exit.NOT_FOUND, 'NOTHING_PROVEN', 'no batch is proven on L1');
    if (!isLastCommitmentDerived) {
      throw new CliError(Exit.REFUSED, 'COMMITMENT_MISMATCH', `batch ${batch} is not what was derived: not signed`);
    }
    const signature = await account.signTypedData(
      attestationTypedData(lane.attestationDomain, batch, last.evm.commitment),
    );
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

function attestorKey({ attestorKey: key, attestorKeyFile: file }: AttestOptions): `0x${string}` {
  if (file !== undefined) return readL1Key(file);
  if (key === undefined) throw new CliError(Exit.USAGE, 'NO_KEY', 'a key is needed: --attestor-key-file <file>');
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new CliError(Exit.USAGE, 'BAD_KEY', 'ENGRAM_ATTESTOR_KEY: expected 0x and 64 hex digits');
  }
  return key as `0x${string}`; // by the pattern
}
