import { type Command, Option } from 'commander';
import { artefactCommitment } from '../../protocol/attestation.ts';
import {
  MAX_EVALUATORS,
  MAX_PROVIDERS,
  type ServiceDocument,
  serviceDocumentText,
} from '../../protocol/epochs/serviceDocument.ts';
import { type AccountIndex, Subtype } from '../../protocol/types.ts';
import { voucherKey, voucherSeed } from '../../sdk/channels/voucherSeed.ts';
import { sha256Bytes } from '../../sdk/models/sha256.ts';
import { attest, close, open } from '../../sdk/ops.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { AttestationView, Wire } from '../../sdk/rpcTypes.ts';
import { channelOf } from './channelOf.ts';
import { checkTerms } from './channelTerms.ts';
import { ledgerSeed, type NodeOptions, withNode } from './context.ts';
import { explained, type LedgerOptions, readService, serviceLedger, withServiceLedger } from './epochLedger.ts';
import { serviceJson, serviceView } from './epochViews.ts';
import { checkWritable, writeOut } from './outFile.ts';
import { CliError, Exit, guarded } from './output.ts';
import { amount, count, index } from './parsers.ts';
import { indexOf, type SendOptions, send, withFrom, withSending } from './send.ts';
import { date } from './units.ts';

interface CreateOptions extends SendOptions {
  readonly name: string;
  readonly task: string;
  readonly start?: number;
  readonly epochSeconds: number;
  readonly revealSeconds: number;
  readonly emission: bigint;
  readonly minStake: bigint;
  readonly maxEvaluators: number;
  readonly maxProviders: number;
  readonly kappa: number;
  readonly bondsPenalty: number;
  readonly bondsMovingAverage: number;
  readonly amount: bigint;
  readonly out: string;
}

interface PublishOptions extends NodeOptions {
  readonly document: string;
}

interface StakeOptions extends SendOptions {
  readonly amount: bigint;
  readonly for: number;
  readonly expiry?: number;
}

/** `engram service …`: work that many provide, evaluators judge and a pool rewards. */
export function registerServiceCommands(program: Command): void {
  const service = program.command('service').description('services: a task, its pool of rewards, who evaluates');
  withFrom(withSending(service.command('create')))
    .description('write a service’s document and attest it; the signer keeps its pool')
    .requiredOption('--name <text>', 'what it is called')
    .requiredOption('--task <text>', 'what providers do')
    .requiredOption('--emission <amount>', 'what an epoch pays at most', amount)
    .requiredOption('--min-stake <amount>', 'what an evaluator has to stake', amount)
    .requiredOption('--out <file>', 'the document; whoever takes part needs it')
    .addOption(new Option('--amount <amount>', 'first money of the pool').argParser(amount).default(0n, '0'))
    .option('--start <time>', 'when epoch 0 begins, Unix seconds; default: now', count)
    .option('--epoch-seconds <n>', 'how long an epoch is', count, 86_400)
    .option('--reveal-seconds <n>', 'its last part, in which scores are revealed', count, 7_200)
    .option('--max-evaluators <n>', 'the largest stakes take part', count, MAX_EVALUATORS)
    .option('--max-providers <n>', 'the first agents take part', count, MAX_PROVIDERS)
    .option('--kappa <n>', 'stake that must support a weight, in 1/65535', count, 32_767)
    .option('--bonds-penalty <n>', 'cut of bonds above consensus, in 1/65535', count, 65_535)
    .option('--bonds-moving-average <n>', 'what bonds keep from epoch to epoch, in 1/1000000', count, 900_000)
    .action((options: CreateOptions) => guarded(options, () => create(options)));
  withNode(service.command('publish'))
    .description('give a node the service’s document, so that it tells of its epochs')
    .argument('<service>', 'the service’s attestation', index)
    .requiredOption('--document <file>', 'the service’s document (engram service create writes it)')
    .action((which: AccountIndex, options: PublishOptions) => guarded(options, () => publish(which, options)));
  withServiceLedger(service.command('show'))
    .description('pool, epoch, evaluators and providers, by proven batches')
    .action((options: LedgerOptions) =>
      guarded(options, async () => serviceJson(await serviceLedger(options)), serviceView),
    );
  withFrom(withSending(service.command('stake')))
    .description('stake as an evaluator: money that is locked until the stake expires, and a day')
    .argument('<service>', 'the service’s attestation', index)
    .requiredOption('--amount <amount>', 'base units, or with wei, gwei, ether', amount)
    .addOption(
      new Option('--for <seconds>', 'how long it counts; only epochs that end by then')
        .argParser(count)
        .default(30 * 86_400, '30 days'),
    )
    .option('--expiry <time>', 'the same as Unix time in seconds', count)
    .action((which: AccountIndex, options: StakeOptions) => guarded(options, () => stake(which, options)));
  withSending(service.command('unstake'))
    .description('take a stake back that is over; its owner signs')
    .argument('<channel>', 'the stake’s account', index)
    .action((which: AccountIndex, options: Omit<SendOptions, 'from'>) =>
      guarded(options, () => unstake(which, options)),
    );
}

async function create(options: CreateOptions): Promise<object> {
  const { from, out, amount: pool, start, ...rest } = options;
  checkWritable(out);
  return send(
    options,
    ({ fee, time }) => {
      const text = textOf({ ...rest, start: start ?? time });
      // Before it is sent: a service whose document is lost is nobody's.
      writeOut(out, text);
      const artefact = artefactCommitment(sha256Bytes(new TextEncoder().encode(text)));
      return { op: attest({ from, artefact, subtype: Subtype.SERVICE, amount: pool, fee }) };
    },
    (sent) => ({ ...sent, ...indexOf(sent), document: out }),
  );
}

/** @throws CliError BAD_SERVICE_DOCUMENT */
function textOf(options: Omit<ServiceDocument, 'version'>): string {
  const { name, task, start, epochSeconds, revealSeconds, emission, minStake } = options;
  const { maxEvaluators, maxProviders, kappa, bondsPenalty, bondsMovingAverage } = options;
  try {
    return serviceDocumentText({
      version: 1,
      ...{ name, task, start, epochSeconds, revealSeconds, emission, minStake },
      ...{ maxEvaluators, maxProviders, kappa, bondsPenalty, bondsMovingAverage },
    });
  } catch (error) {
    throw explained(error);
  }
}

async function publish(service: AccountIndex, { rpc: url, document }: PublishOptions): Promise<object> {
  const text = serviceDocumentText(readService(document));
  const rpc = new RpcClient(url);
  try {
    return await rpc.request('engram_publishService', [service, text]);
  } finally {
    await rpc.close();
  }
}

async function stake(service: AccountIndex, options: StakeOptions): Promise<object> {
  const { from, amount: staked } = options;
  const own = voucherKey(voucherSeed({ seed: ledgerSeed(options) }));
  return send(
    options,
    async ({ rpc, fee, time, account: { token } }) => {
      const { owner } = await serviceOf(rpc, service);
      if (owner === from) {
        throw new CliError(Exit.REFUSED, 'KEEPER', 'the keeper of the pool cannot evaluate');
      }
      const keeper = owner as AccountIndex; // of a live account's terms
      const expiry = options.expiry ?? time + options.for;
      await checkTerms({ token, provider: keeper, amount: staked, expiry, model: service }, { rpc, time });
      return { op: open({ from, provider: keeper, voucherKey: own, amount: staked, expiry, model: service, fee }) };
    },
    (sent) => ({ ...sent, ...indexOf(sent) }),
  );
}

/** @throws CliError UNKNOWN_SERVICE */
export async function serviceOf(rpc: RpcClient, index: AccountIndex): Promise<Wire<AttestationView>> {
  const found = await rpc.request('engram_getAttestation', [index]);
  if (found?.subtype === Subtype.SERVICE) return found;
  throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_SERVICE', `account ${index} is no service`);
}

async function unstake(channel: AccountIndex, options: Omit<SendOptions, 'from'>): Promise<object> {
  const { payer, balance, isOver, claimableUntil } = await channelOf(new RpcClient(options.rpc), channel);
  const to = payer as AccountIndex; // of a live channel's terms
  return send({ ...options, from: to }, ({ fee }) => {
    if (!isOver) {
      const message = `the stake is locked until ${date(claimableUntil)}`;
      throw new CliError(Exit.REFUSED, 'CHANNEL_NOT_OVER', message);
    }
    const taken = BigInt(balance) - fee;
    if (taken <= 0n) throw new CliError(Exit.REFUSED, 'NOTHING_LEFT', `account ${channel} holds no more than the fee`);
    return { op: close({ channel, to, amount: taken, fee }) };
  });
}
