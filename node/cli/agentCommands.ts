import type { Command } from 'commander';
import { announce } from '../../agents/discovery/announce.ts';
import { DiscoveryError } from '../../agents/discovery/errors.ts';
import { type Candidate, findProviders } from '../../agents/discovery/findProviders.ts';
import { identityDocument } from '../../agents/discovery/registerAgent.ts';
import { type Announcement, announcementJson } from '../../protocol/announcements/announcement.ts';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { NO_ACCOUNT } from '../../protocol/ids.ts';
import { malformed } from '../../protocol/json.ts';
import { type AccountIndex, Subtype } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { getAttestation } from '../../sdk/actions/reads.ts';
import { createEngramClient } from '../../sdk/client.ts';
import { sha256Bytes } from '../../sdk/models/sha256.ts';
import { attest } from '../../sdk/ops.ts';
import { columns } from './columns.ts';
import { type LedgerKeyOptions, ledgerSeed, type NodeOptions, withDev, withLedgerKey, withNode } from './context.ts';
import { digestOf, readJson } from './files.ts';
import { CliError, Exit, guarded, progress } from './output.ts';
import { count, index } from './parsers.ts';
import { indexOf, type SendOptions, send, withFrom, withSending } from './send.ts';
import { date, money } from './units.ts';

interface RegisterOptions extends SendOptions {
  readonly name: string;
  readonly service?: AccountIndex;
}

interface AnnounceOptions extends NodeOptions, LedgerKeyOptions {
  readonly document: string;
  readonly endpoint?: string;
  readonly expires: number;
}

interface ListOptions extends NodeOptions {
  readonly service?: AccountIndex;
  readonly model?: AccountIndex;
  readonly file?: string;
}

/** `engram agent register|announce|list`. */
export function registerAgentCommands(program: Command): void {
  const agent = program.command('agent').description('agents: who serves what, where and at what price');
  withFrom(withSending(agent.command('register')))
    .description('register an agent: an ATTEST account that the signer owns')
    .requiredOption('--name <name>', 'its name, part of what the ledger commits to')
    .option('--service <index>', 'the service it works for', index)
    .action((options: RegisterOptions) => guarded(options, () => register(options)));
  withDev(withLedgerKey(withNode(agent.command('announce'))))
    .description('sign what an agent serves, and tell the network')
    .argument('<agent>', 'its ATTEST account', index)
    .requiredOption('--document <file>', 'JSON: name, endpoint, capabilities; other members (docs/ai.md) are filled in')
    .option('--endpoint <url>', 'instead of the document’s')
    .option('--expires <seconds>', 'how long it counts, at most seven days', count, 86_400)
    .action((which: AccountIndex, options: AnnounceOptions) => guarded(options, () => announceAgent(which, options)));
  withNode(agent.command('list'))
    .description('what agents announce, checked against the ledger; the cheapest first')
    .option('--service <index>', 'only agents of this service', index)
    .option('--model <index>', 'only this model', index)
    .option('--file <file>', 'only the model of this file')
    .action((options: ListOptions) => guarded(options, () => list(options), listView));
}

async function register(options: RegisterOptions): Promise<object> {
  const { from, name, service = NO_ACCOUNT } = options;
  const { packedKey } = ledgerAccount({ seed: ledgerSeed(options) });
  const identity = identityDocument({ name, key: packedKey });
  const artefact = artefactCommitment(sha256Bytes(new TextEncoder().encode(identity)));
  return send(
    options,
    ({ fee }) => ({ op: attest({ from, artefact, parent: service, subtype: Subtype.AGENT, fee }) }),
    (sent) => ({ ...sent, identity, ...indexOf(sent) }),
  );
}

async function announceAgent(agent: AccountIndex, options: AnnounceOptions): Promise<object> {
  const account = ledgerAccount({ seed: ledgerSeed(options) });
  const client = await createEngramClient({ rpcUrl: options.rpc, account });
  const [{ time }, { owner, parent }] = await Promise.all([client.getChainInfo(), getAttestation(client, agent)]);
  const filled = { agent, owner, service: parent, peer: '', version: 1, sequence: 0, expiry: time + options.expires };
  const { sequence: said, ...document } = readDocument(options, filled);
  const { announcement } = await announce(client, {
    account,
    // 0 stands for none: the next one is asked for
    document: { ...document, ...(said > 0 && { sequence: said }) },
  }).catch((error: unknown) => {
    if (!(error instanceof DiscoveryError)) throw error;
    throw new CliError(Exit.REFUSED, error.code, error.message, { cause: error });
  });
  const { sequence, expiry, endpoint, capabilities } = announcement;
  return { agent, owner, sequence, expiry, endpoint, models: capabilities.map(({ model }) => model) };
}

/** @throws CliError BAD_FILE */
function readDocument({ document, endpoint }: AnnounceOptions, filled: object): Announcement {
  return readJson(document, (json) => {
    if (typeof json !== 'object' || json === null) throw malformed('object');
    return announcementJson.decode({ ...filled, ...json, ...(endpoint !== undefined && { endpoint }) });
  });
}

async function list({ rpc, service, model, file }: ListOptions): Promise<{ readonly offers: readonly Offer[] }> {
  const client = await createEngramClient({ rpcUrl: rpc });
  const found = await findProviders(client, {
    ...(service !== undefined && { service }),
    ...(model !== undefined && { model }),
    ...(file !== undefined && { sha256: await digestOf(file) }),
    onRefused: (reason, agent) => progress(`left out: ${agent === undefined ? '' : `agent ${agent} `}${reason}`),
  });
  return { offers: found.map(offerOf) };
}

type Offer = ReturnType<typeof offerOf>;

function offerOf({ agent, owner, announcement, capability, endpoint }: Candidate) {
  const { name, service, expiry, peer } = announcement;
  const { model, price, token, sha256, execution } = capability;
  return { agent, name, owner, service, model, price, token, endpoint, peer, expiry, sha256, execution };
}

function listView({ offers }: { readonly offers: readonly Offer[] }): string {
  if (offers.length === 0) return 'nobody announces that';
  const rows = offers.map(({ agent, name, owner, model, price, token, endpoint, expiry }) => [
    ...[String(agent), name, String(owner), String(model), money(price, token)],
    ...[endpoint, date(expiry)],
  ]);
  return columns([['agent', 'name', 'owner', 'model', 'an answer', 'endpoint', 'until'], ...rows]);
}
