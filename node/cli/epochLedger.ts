/** A service's ledger for commands: from a node, or from L1 alone. */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { LedgerFollower } from '../../agents/evaluator/ledgerFollower.ts';
import { type LedgerSource, l1Source, nodeSource } from '../../agents/evaluator/ledgerSource.ts';
import { EpochError } from '../../protocol/epochs/epochError.ts';
import { epochAt, parseServiceDocument, type ServiceDocument } from '../../protocol/epochs/serviceDocument.ts';
import type { ServiceLedger } from '../../protocol/epochs/serviceLedger.ts';
import { field } from '../../protocol/field.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import { createEngramClient } from '../../sdk/client.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { type NodeOptions, rollupReader, withNode } from './context.ts';
import { CliError, Exit, progress } from './output.ts';
import { address, count, index } from './parsers.ts';

export interface ServiceOptions extends NodeOptions {
  readonly service: AccountIndex;
  readonly document: string;
}

export interface LedgerOptions extends ServiceOptions {
  readonly fromL1?: boolean;
  readonly l1: string;
  readonly rollup?: Hex;
  readonly l1StartBlock: number;
}

/** Which service. */
export function withService(command: Command): Command {
  return withNode(command)
    .requiredOption('--service <index>', 'the service’s attestation', index)
    .requiredOption('--document <file>', 'the service’s document (engram service create writes it)');
}

/** Which service, and where its ledger comes from. */
export function withServiceLedger(command: Command): Command {
  return withService(command)
    .option('--from-l1', 'compute from what was posted on L1, and ask no node for anything but the contract’s address')
    .addOption(new Option('--l1 <url>', 'JSON-RPC of L1').env('ENGRAM_L1_URL').default('http://127.0.0.1:8545'))
    .option('--rollup <address>', 'the contract; default: what the node says', address)
    .option('--l1-start-block <n>', 'L1 block of the contract’s deployment', count, 0);
}

/** @throws CliError BAD_FILE; what the document breaks */
export function readService(file: string): ServiceDocument {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'BAD_FILE', `${file} cannot be read`, { cause });
  }
  try {
    // An editor's newline is no other document.
    return parseServiceDocument(text.replace(/\r?\n$/, ''));
  } catch (cause) {
    throw explained(cause);
  }
}

/** Epochs' own refusals with an exit code. */
export function explained(error: unknown): unknown {
  if (!(error instanceof EpochError)) return error;
  const { code, message } = error;
  const exit = code === 'EPOCH_OPEN' || code === 'EPOCH_FORGOTTEN' ? Exit.NOT_FOUND : Exit.REFUSED;
  const hint = HINTS[code] ?? message.slice(code.length).replace(/^: /, '');
  return new CliError(exit, code, hint || code, { cause: error });
}

const HINTS: Readonly<Record<string, string>> = {
  WRONG_DOCUMENT: 'the ledger attests another document as this service, or this account is no service',
  EPOCH_OPEN: 'the epoch is not over by proven batches',
  EPOCH_FORGOTTEN: 'the epoch was before the service’s first one',
};

export interface Place {
  readonly source: LedgerSource;
  readonly domain: Field;
  /** Seconds: of the newest batch that counts, or the node's clock. */
  readonly time: number;
}

/** Where a service's batches come from. @throws CliError L1_UNREACHABLE */
export async function placeOf(options: LedgerOptions): Promise<Place> {
  if (options.fromL1 === true) {
    const rollup = await rollupReader(options);
    const { domain } = await rollup.parameters();
    return { source: l1Source(rollup), domain, time: (await rollup.state()).proven.timestamp };
  }
  const rpc = new RpcClient(options.rpc);
  try {
    const { domain, time } = await rpc.request('engram_chainInfo', []);
    const client = await createEngramClient({ rpcUrl: options.rpc });
    return { source: nodeSource(client), domain: field(BigInt(domain)), time };
  } finally {
    await rpc.close();
  }
}

/** Lines of progress about every so many batches. */
const REPORT_EVERY = 200;

/**
 * The service as proven batches make it. Epochs from `epoch` on are kept (default: the last few).
 * @throws CliError with the codes of EpochError, UNKNOWN_SERVICE; EvaluatorError BAD_SOURCE
 */
export async function serviceLedger(options: LedgerOptions, epoch?: number): Promise<ServiceLedger> {
  const { service } = options;
  const document = readService(options.document);
  const { source, domain, time } = await placeOf(options);
  const keepEpochs = epoch === undefined ? 8 : Math.max(8, epochAt(document, time) - epoch + 2);
  const onBatch = (number: number, last: number): void => {
    if (number % REPORT_EVERY === 0) progress(`batch ${number} of ${last}`);
  };
  try {
    const follower = await LedgerFollower.open({ service, document, domain, keepEpochs }, { source, onBatch });
    await follower.sync();
    if (follower.ledger.service !== undefined) return follower.ledger;
  } catch (error) {
    throw explained(error);
  }
  throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_SERVICE', `there is no service ${service} in proven batches`);
}
