import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { artefactCommitment, provenanceCommitment } from '../../protocol/attestation.ts';
import { bytesToHex, hexToBytes } from '../../protocol/bytes.ts';
import { type AccountIndex, Subtype } from '../../protocol/types.ts';
import { attest } from '../../sdk/ops.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { attestationList, attestationView } from './attestationViews.ts';
import { type NodeOptions, withNode } from './context.ts';
import { digestOf } from './files.ts';
import { lineageView } from './lineageView.ts';
import { CliError, Exit, guarded } from './output.ts';
import { amount, basisPoints, index } from './parsers.ts';
import { indexOf, type SendOptions, send, withFrom, withSending } from './send.ts';

const SUBTYPES = {
  model: Subtype.MODEL,
  dataset: Subtype.DATASET,
  'training-run': Subtype.TRAINING_RUN,
  agent: Subtype.AGENT,
  service: Subtype.SERVICE,
} as const;

interface AttestOptions extends SendOptions {
  readonly subtype: keyof typeof SUBTYPES;
  readonly parent?: AccountIndex;
  readonly royaltyBps: number;
  readonly provenance?: string;
  readonly amount: bigint;
}

/** `engram model attest|show|find|lineage`. */
export function registerArtefactCommands(model: Command): void {
  withFrom(withSending(model.command('attest')))
    .description('write a file’s SHA-256 (a commitment to it) into the ledger, owned by the signer')
    .argument('<file>', 'the artefact; it stays where it is')
    .addOption(
      new Option('--subtype <kind>', 'what it is')
        .choices(Object.keys(SUBTYPES))
        .default('model' satisfies keyof typeof SUBTYPES),
    )
    .option('--parent <index>', 'the attestation it was made from', index)
    .option('--royalty-bps <n>', 'its share of every inference claim that names it, in 1/10000', basisPoints, 0)
    .option('--provenance <file>', 'a document that tells where it comes from')
    .addOption(
      new Option('--amount <amount>', 'first balance of the new account').argParser(amount).default(0n, '0'), // help cannot print a bigint
    )
    .action((file: string, options: AttestOptions) => guarded(options, () => attestFile(file, options)));
  withNode(model.command('show'))
    .description('an attestation')
    .argument('<index>', 'its account', index)
    .action((which: AccountIndex, options: NodeOptions) =>
      guarded(
        options,
        async () => (await new RpcClient(options.rpc).request('engram_getAttestation', [which])) ?? missing(which),
        attestationView,
      ),
    );
  withNode(model.command('find'))
    .description('attestations of a file, earliest first')
    .argument('<file|sha256>', 'the file, or its SHA-256 as 0x and 64 hex digits')
    .action((what: string, options: NodeOptions) =>
      guarded(
        options,
        () => find(what, options),
        ({ sha256, attestations }) => `SHA-256 ${sha256}\n\n${attestationList(attestations)}`,
      ),
    );
  withNode(model.command('lineage'))
    .description('what a model was made from and what was made from it, as a tree')
    .argument('<index>', 'its account', index)
    .action((which: AccountIndex, options: NodeOptions) =>
      guarded(
        options,
        async () => (await new RpcClient(options.rpc).request('engram_getLineage', [which])) ?? missing(which),
        lineageView,
      ),
    );
}

async function attestFile(file: string, options: AttestOptions): Promise<object> {
  const { from, subtype, parent, royaltyBps } = options;
  const sha256 = await digestOf(file);
  const { provenance } = options;
  const document = provenance === undefined ? undefined : provenanceCommitment(await digestOf(provenance));
  const digest = hex(sha256);
  return send(
    options,
    ({ fee }) => ({
      op: attest({
        from,
        artefact: artefactCommitment(sha256),
        ...(document !== undefined && { provenance: document }),
        ...(parent !== undefined && { parent }),
        royaltyBps,
        subtype: SUBTYPES[subtype],
        amount: options.amount,
        fee,
      }),
    }),
    (sent) => ({ ...sent, sha256: digest, ...indexOf(sent) }),
  );
}

async function find(what: string, options: NodeOptions) {
  const sha256 = await digestHex(what);
  const attestations = await new RpcClient(options.rpc).request('engram_findAttestations', [sha256]);
  if (attestations.length > 0) return { sha256, attestations };
  throw new CliError(Exit.NOT_FOUND, 'NOT_ATTESTED', `nobody has attested SHA-256 ${sha256}`);
}

async function digestHex(what: string): Promise<Hex> {
  if (/^0x[0-9a-fA-F]{64}$/.test(what) && !existsSync(what)) return hex(hexToBytes(what));
  return hex(await digestOf(what));
}

function hex(bytes: Uint8Array): Hex {
  return `0x${bytesToHex(bytes)}`;
}

function missing(which: AccountIndex): never {
  throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT', `there is no account ${which}`);
}
