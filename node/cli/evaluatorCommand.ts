import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { Consumer } from '../../agents/consumer/consumer.ts';
import { ProviderApi } from '../../agents/consumer/providerApi.ts';
import { findProviders } from '../../agents/discovery/findProviders.ts';
import { nodePort } from '../../agents/evaluator/chainPort.ts';
import { Evaluator, type EvaluatorReport } from '../../agents/evaluator/evaluator.ts';
import type { EvaluatorDeps } from '../../agents/evaluator/evaluatorDeps.ts';
import { nodeSource } from '../../agents/evaluator/ledgerSource.ts';
import { consumerShopper, type Target } from '../../agents/evaluator/shopping.ts';
import { ExecutionError } from '../../agents/execution/executionError.ts';
import { ModelRunner } from '../../agents/execution/modelRunner.ts';
import { CLASSES, labelled, labelOf, type Task } from '../../agents/models/task.ts';
import { openLevel } from '../../chain/db.ts';
import { bytesToBigint, prefixedHex } from '../../protocol/bytes.ts';
import { field } from '../../protocol/field.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { resolveSigner } from '../../sdk/actions/signer.ts';
import { domainOf } from '../../sdk/chain.ts';
import { createEngramClient, type LedgerClient } from '../../sdk/client.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import type { Finality } from '../../sdk/wait.ts';
import { committedOnL1 } from './committedOnL1.ts';
import { type LedgerKeyOptions, ledgerSeed, withDev, withLedgerKey } from './context.ts';
import { explained, readService, type ServiceOptions, withService } from './epochLedger.ts';
import { CliError, Exit, guarded, progress } from './output.ts';
import { address, amount, count, index } from './parsers.ts';
import { stopSignal } from './signals.ts';

interface EvaluatorCommandOptions extends ServiceOptions, LedgerKeyOptions {
  readonly from?: AccountIndex;
  readonly task: Task;
  readonly modelFile?: readonly string[];
  readonly maxPrice: bigint;
  readonly deposit?: bigint;
  readonly purchases: number;
  readonly purchasesAStep: number;
  readonly samples: number;
  readonly commitMargin?: number;
  readonly trust: Finality;
  readonly dataDir: string;
  readonly pollSeconds: number;
  readonly l1?: string;
  readonly rollup?: Hex;
  readonly l1Confirmations: number;
  readonly patienceMs: number;
  readonly allowPrivate?: boolean;
  readonly once?: boolean;
}

/** `engram evaluator`: judges the providers of a service, epoch by epoch, until it is stopped. */
export function registerEvaluatorCommand(program: Command): void {
  withDev(withLedgerKey(withService(program.command('evaluator'))))
    .description('judge the providers of a service: buy answers, sample receipts, run models again, commit and reveal')
    .addOption(new Option('--task <task>', 'whose labels are known').choices(Object.keys(CLASSES)).default('digits'))
    .requiredOption('--data-dir <dir>', 'salts, scores and channels: do not lose it')
    .option('--from <index>', 'the account that has staked; default: the key’s first one of the service’s token', index)
    .option('--model-file <files...>', 'models as files, to run answers again')
    .addOption(
      new Option('--max-price <amount>', 'for one answer')
        .argParser(amount)
        .default(10n ** 15n, '0.001 of a token of 18 decimals'),
    )
    .option('--deposit <amount>', 'what a new channel to a provider holds', amount)
    .option('--purchases <n>', 'answers bought of each provider in an epoch', count, 10)
    .option('--purchases-a-step <n>', 'and at one time', count, 1)
    .option('--samples <n>', 'receipts looked at of a claim', count, 3)
    .option('--commit-margin <seconds>', 'how long before the reveals the commitment leaves', count)
    .addOption(
      new Option('--trust <state>', 'which batches it follows; included ones can still be given up')
        .choices(['included', 'committed', 'proven'] satisfies Finality[])
        .default('proven' satisfies Finality),
    )
    .option('--l1 <url>', 'ask L1 itself when scores can be revealed; default: the node’s word, so let it be your own')
    .option('--rollup <address>', 'the contract on L1; default: what the node says', address)
    .option('--l1-confirmations <n>', 'L1 blocks on top before a batch counts as committed', count, 2)
    .option('--patience-ms <ms>', 'how long an answer may take', count, 15_000)
    .option('--poll-seconds <n>', 'pause between steps', count, 5)
    .option('--allow-private', 'also ask providers at addresses that are not public')
    .option('--once', 'one step, then return')
    .action((options: EvaluatorCommandOptions) => guarded(options, () => evaluate(options)));
}

async function evaluate(options: EvaluatorCommandOptions) {
  const { rpc: rpcUrl, service, pollSeconds } = options;
  const document = readService(options.document);
  const key = ledgerAccount({ seed: ledgerSeed(options) });
  const client = await createEngramClient({ rpcUrl, account: key });
  const { token } = await client.getAttestation(service);
  const { index: account } = await resolveSigner(client, { account: key, token, from: options.from });
  const parts = await openParts(options, { client, key, token, account });
  const { signal, release } = stopSignal();
  try {
    const evaluator = await Evaluator.open(
      {
        ...{ service, document, account, domain: domainOf(client.chain), classes: CLASSES[options.task] },
        ...{ purchases: options.purchases, purchasesAStep: options.purchasesAStep, samples: options.samples },
        ...(options.commitMargin !== undefined && { commitMarginSeconds: options.commitMargin }),
      },
      parts.deps,
    );
    let last = await evaluator.step(signal);
    report(last);
    while (options.once !== true && !signal.aborted) {
      await sleep(pollSeconds * 1_000, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      // A node or a provider that is away comes back; the next step goes on.
      last = await evaluator.step(signal).catch((error: unknown) => {
        if (!signal.aborted) progress(`${codeOf(error)}: trying again`);
        return last;
      });
      report(last);
    }
    return { service, account, epoch: last.epoch, state: last.state };
  } catch (error) {
    throw explained(error);
  } finally {
    release();
    await parts.close();
  }
}

interface Who {
  readonly client: LedgerClient;
  readonly key: ReturnType<typeof ledgerAccount>;
  readonly token: number;
  readonly account: AccountIndex;
}

/** What an evaluator works with: store, models, purse. */
async function openParts(options: EvaluatorCommandOptions, { client, key, token, account }: Who) {
  const { dataDir, task, service, maxPrice, deposit, trust } = options;
  mkdirSync(dataDir, { recursive: true });
  const db = await openLevel(join(dataDir, 'evaluator'));
  const allowPrivateAddresses = options.allowPrivate ?? false;
  const consumer = await Consumer.open(
    {
      ...{ token, from: account, allowPrivateAddresses, ...(deposit !== undefined && { deposit }) },
      // Whoever lets an evaluator wait has not answered.
      ...{ inferTimeoutMs: options.patienceMs, retries: 1 },
    },
    { client, account: key, store: join(dataDir, 'consumer') },
  );
  const runners = new Map<Hex, ModelRunner>();
  for (const file of options.modelFile ?? []) {
    const runner = await ModelRunner.load(file).catch((error: unknown) => {
      if (!(error instanceof ExecutionError)) throw error;
      throw new CliError(Exit.USAGE, error.code, `${file}: ${error.message}`, { cause: error });
    });
    runners.set(prefixedHex(runner.sha256), runner);
  }
  const files = new Map<AccountIndex, Hex>();
  const apis = new Map<string, ProviderApi>();
  const api = (endpoint: string): ProviderApi => {
    const made = apis.get(endpoint) ?? new ProviderApi(endpoint, { allowPrivateAddresses });
    apis.set(endpoint, made);
    return made;
  };
  const targets = async (): Promise<readonly Target[]> => {
    const found = new Map<AccountIndex, Target>();
    for (const { agent, owner, endpoint, capability } of await findProviders(client, { service })) {
      const { model, price, sha256 } = capability;
      if (capability.token !== token) continue;
      files.set(model, sha256);
      // Of several models the one that can be run again; the cheapest otherwise.
      if (found.has(agent) && !runners.has(sha256)) continue;
      found.set(agent, { agent, owner, endpoint, model, price });
    }
    return [...found.values()];
  };
  const question: EvaluatorDeps['question'] = (salt, number, agent) =>
    labelled(task, { seed: `${salt}/${agent}/${number}`, count: 1 })[0];
  const committedTime = await committedOnL1(options);
  const deps = {
    ...{
      chain: nodePort(client, key, { ...(committedTime && { committedTime }) }),
      source: nodeSource(client, trust),
      db,
      targets,
      api,
      question,
    },
    shopper: consumerShopper(consumer, { maxPrice }),
    runner: (model: AccountIndex) => runners.get(files.get(model) ?? '0x'),
    labelOf: (output: Uint8Array) => labelOf(task, output),
    random: () => field(bytesToBigint(randomBytes(31))),
  };
  const close = async (): Promise<void> => {
    for (const one of apis.values()) one.close();
    await consumer.acknowledge().catch(() => undefined); // best effort: providers keep what they can claim
    await consumer.close();
    for (const runner of runners.values()) await runner.close();
    await db.close();
  };
  return { deps, close };
}

let told = '';

function report({ epoch, state, findings }: EvaluatorReport): void {
  for (const { agent, finding } of findings) {
    progress(`agent ${agent}: ${finding.kind === 'fault' ? `fault ${finding.code}` : finding.kind}`);
  }
  const text = `epoch ${epoch}: ${state}`;
  if (text !== told) progress(text);
  told = text;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
