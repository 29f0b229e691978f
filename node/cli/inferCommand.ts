import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Consumer } from '../../agents/consumer/consumer.ts';
import { ConsumerError } from '../../agents/consumer/consumerError.ts';
import type { Answer, ModelInput } from '../../agents/consumer/consumerTypes.ts';
import { parseEndpoint } from '../../agents/consumer/httpTransport.ts';
import { tensorsFromJson, tensorsToJson } from '../../agents/consumer/jsonTensors.ts';
import type { ProviderTransport } from '../../agents/consumer/providerTransport.ts';
import type { Audit } from '../../agents/execution/executionDocument.ts';
import { ModelRunner } from '../../agents/execution/modelRunner.ts';
import { hexToBytes, prefixedHex } from '../../protocol/bytes.ts';
import { receiptToJson } from '../../protocol/receipts/receiptCodec.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { bridgeOf, domainOf } from '../../sdk/chain.ts';
import { createEngramClient } from '../../sdk/client.ts';
import { columns } from './columns.ts';
import { type LedgerKeyOptions, ledgerSeed, type NodeOptions, withDev, withLedgerKey, withNode } from './context.ts';
import { InferPeers, isPeerAddress } from './inferPeers.ts';
import { checkWritable, writeOut } from './outFile.ts';
import { CliError, Exit, guarded, progress } from './output.ts';
import { amount, count, index } from './parsers.ts';
import { allowsPrivate } from './privateAddresses.ts';
import { stopSignal } from './signals.ts';
import { money } from './units.ts';

interface StoreOptions extends NodeOptions, LedgerKeyOptions {
  readonly store: string;
  readonly from?: AccountIndex;
  readonly token: number;
  readonly allowPrivate?: boolean;
}

interface InferOptions extends StoreOptions {
  readonly provider?: string;
  readonly maxPrice: bigint;
  readonly deposit?: bigint;
  readonly audit: Audit;
  readonly explore: number;
  readonly verify?: string;
  readonly out?: string;
  readonly receipt?: string;
}

type Model = { readonly model: number } | { readonly sha256: Uint8Array };

/** `engram infer` and `engram consumer …`: answers of models, paid for. */
export function registerInferCommands(program: Command): void {
  withStore(program.command('infer'))
    .description('ask a model for an answer, pay the provider, check the receipt')
    .argument('<model>', 'its attestation’s index, or the SHA-256 of its file (0x…)', modelOf)
    .argument('<input>', 'tensors: JSON, a file with JSON (.json) or bytes, or - for standard input')
    .option(
      '--provider <url>',
      'ask this one (or a multiaddress); default: the announced ones, by price and trust',
      address,
    )
    .addOption(
      new Option('--max-price <amount>', 'for one answer')
        .argParser(amount)
        .default(10n ** 15n, '0.001 of a token of 18 decimals'),
    )
    .option('--deposit <amount>', 'what a new channel holds; default: 20 answers', amount)
    .option('--explore <share>', 'how often another provider than the best is tried, 0 to 1', share, 0.1)
    .option('--verify <file.onnx>', 'the model: run it here too, and report an answer that differs')
    .addOption(
      new Option('--audit <who>', 'public: the provider may show input and output to whoever checks the receipt')
        .choices(['public', 'private'])
        .default('private'),
    )
    .option('--out <file>', 'write the answer’s bytes there')
    .option('--receipt <file>', 'write the receipt there, as JSON')
    .action((model: Model, input: string, options: InferOptions) =>
      guarded(options, () => infer(model, input, options), view),
    );
  const consumer = program.command('consumer').description('what `engram infer` remembers');
  withStore(consumer.command('show'))
    .description('channels, scores of providers, and what providers were caught at')
    .action((options: StoreOptions) => guarded(options, () => withConsumer(options, show)));
  withStore(consumer.command('recover'))
    .description('ask again for answers that were paid for and never came')
    .action((options: StoreOptions) =>
      guarded(options, () => withConsumer(options, async (opened) => ({ open: await opened.recover() }))),
    );
  withStore(consumer.command('forget'))
    .description('take old answers of closed channels off the disk, but for what a report is about')
    .option('--older-than <seconds>', 'since the channel expired', count, 30 * 86_400)
    .action((options: StoreOptions & { olderThan: number }) =>
      guarded(options, () =>
        withConsumer(options, async (opened) => ({
          answers: await opened.forget({ olderThanSeconds: options.olderThan }),
        })),
      ),
    );
  withStore(consumer.command('reclaim'))
    .description('take back what is left of channels that are over')
    .action((options: StoreOptions) =>
      guarded(options, () => withConsumer(options, async (opened) => ({ closed: await opened.reclaim() }))),
    );
}

function withStore(command: Command): Command {
  return withDev(withLedgerKey(withNode(command)))
    .addOption(
      new Option('--store <folder>', 'channels, receipts and scores: do not lose it')
        .env('ENGRAM_CONSUMER')
        .default('engram-consumer'),
    )
    .option('--from <index>', 'the account that pays; default: the key’s first one of the token', index)
    .option('--token <id>', 'in which it pays', count, 0)
    .option(
      '--allow-private',
      'also ask announced providers at addresses that are not public; default on a local devnet',
    );
}

function modelOf(text: string): Model {
  if (/^0x[0-9a-f]{64}$/i.test(text)) return { sha256: hexToBytes(text) };
  return { model: index(text) };
}

function share(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value <= 1) return value;
  throw new InvalidArgumentError('expected a number from 0 to 1');
}

function address(text: string): string {
  if (isPeerAddress(text)) return text;
  try {
    return parseEndpoint(text).href.replace(/\/$/, '');
  } catch (error) {
    throw new InvalidArgumentError(error instanceof ConsumerError ? error.message : 'expected a URL or a multiaddress');
  }
}

async function infer(model: Model, text: string, options: InferOptions) {
  for (const file of [options.out, options.receipt]) if (file !== undefined) checkWritable(file);
  const input = await inputOf(text);
  const { signal, release } = stopSignal();
  const runner = options.verify === undefined ? undefined : await ModelRunner.load(options.verify);
  try {
    return await withConsumer(options, async (consumer) => {
      const answer = await consumer
        .infer(input, {
          ...model,
          ...{ maxPrice: options.maxPrice, audit: options.audit, signal },
          ...(options.provider !== undefined && { endpoint: options.provider }),
          ...(runner !== undefined && { runner, check: 'always' }),
        })
        .catch((error: unknown) => caught(error, consumer));
      await consumer.acknowledge();
      return result(answer, options);
    });
  } finally {
    release();
    await runner?.close();
  }
}

/** Evidence is of use only to who knows that it is there. */
async function caught(error: unknown, consumer: Consumer): Promise<never> {
  const reports = await consumer.reports();
  const report = reports.find(({ code }) => error instanceof Error && 'code' in error && error.code === code);
  if (report !== undefined) {
    progress(`provider ${report.provider} is not asked again; the evidence is in the store: engram consumer show`);
  }
  throw error;
}

function result(answer: Answer, { out, receipt: receiptFile, token }: InferOptions) {
  const { output, receipt, failures, ...rest } = answer;
  if (out !== undefined) writeOut(out, output);
  const json = receiptToJson(receipt);
  if (receiptFile !== undefined) writeOut(receiptFile, `${JSON.stringify(json)}\n`);
  return { ...rest, token, answer: tensorsToJson(output), output: prefixedHex(output), receipt: json, failures };
}

function view(found: Awaited<ReturnType<typeof infer>>): string {
  const { answer, price, token, provider, endpoint, channel, left, check, latencyMs, failures } = found;
  const checked = check === 'same' ? 'run again here: the same bytes' : 'not run again (--verify <file.onnx>)';
  return columns([
    ...Object.entries(answer).map(([name, value]): [string, string] => [name, JSON.stringify(value)]),
    ['price', money(price, token)],
    ['provider', `account ${provider} at ${endpoint}`],
    ['receipt', `signed, of channel ${channel}`],
    ['left', `${money(left, token)} in the channel`],
    ['checked', checked],
    ['took', `${latencyMs} ms`],
    ...failures.map(({ endpoint: at, code }): [string, string] => ['asked before', `${at}: ${code}`]),
  ]);
}

async function show(consumer: Consumer): Promise<object> {
  const channels = await consumer.channels();
  const reports = await consumer.reports();
  return {
    channels: channels.map(({ book: _, sha256, pending, ...rest }) => ({
      ...rest,
      sha256: prefixedHex(sha256),
      isPending: pending !== undefined,
    })),
    scores: (await consumer.scores()).map(({ excluded, ...score }) => ({
      ...score,
      ...(excluded !== undefined && { excluded }),
    })),
    reports: reports.map(({ receipt, other, expectedHash, ...rest }) => ({
      ...rest,
      ...(receipt !== undefined && { receipt: receiptToJson(receipt) }),
      ...(other !== undefined && { other: receiptToJson(other) }),
      ...(expectedHash !== undefined && { expectedHash: prefixedHex(expectedHash) }),
    })),
    atRisk: await consumer.atRisk(),
  };
}

async function withConsumer<T>(
  options: StoreOptions & Partial<Pick<InferOptions, 'deposit' | 'provider' | 'explore'>>,
  use: (consumer: Consumer) => Promise<T>,
): Promise<T> {
  const account = ledgerAccount({ seed: ledgerSeed(options) });
  const client = await createEngramClient({ rpcUrl: options.rpc, account });
  const { token, from, deposit, store } = options;
  const peers = new InferPeers(domainOf(client.chain));
  const transport = (at: string): ProviderTransport | undefined =>
    isPeerAddress(at) ? peers.transport(at) : undefined;
  const consumer = await Consumer.open(
    {
      token,
      ...(from !== undefined && { from }),
      ...(deposit !== undefined && { deposit }),
      ...(options.explore !== undefined && { explore: options.explore }),
      allowPrivateAddresses: allowsPrivate(options, bridgeOf(client.chain).l1ChainId),
    },
    { client, account, store, transport },
  );
  try {
    return await use(consumer);
  } finally {
    await consumer.close();
    await peers.stop();
  }
}

async function inputOf(text: string): Promise<ModelInput> {
  if (/^\s*[[{]/.test(text)) return jsonInput(text);
  const bytes = text === '-' ? await buffer(process.stdin) : read(text);
  const isJson = text === '-' ? /^\s*[[{]/.test(bytes.subarray(0, 64).toString('latin1')) : text.endsWith('.json');
  return isJson ? jsonInput(bytes.toString('utf8')) : new Uint8Array(bytes);
}

function jsonInput(text: string): ModelInput {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'BAD_INPUT', 'the input is no JSON', { cause });
  }
  return (inputs) => tensorsFromJson(json, inputs);
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'BAD_FILE', `${file} cannot be read`, { cause });
  }
}
