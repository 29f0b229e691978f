/** Options that several commands share, and what they lead to. */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { RollupClient, type Wallet } from '../../bridge/client/rollupClient.ts';
import { Reader } from '../../bridge/client/rollupReader.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { devAccount } from '../devnet/accounts.ts';
import { l1PublicClient, l1Wallet } from '../l1/clients.ts';
import { readL1Key, readSeed } from './keyFile.ts';
import { CliError, Exit, type OutputOptions } from './output.ts';
import { address, count } from './parsers.ts';

export interface NodeOptions extends OutputOptions {
  readonly rpc: string;
}

export interface LedgerKeyOptions {
  readonly key?: string;
  readonly passphraseFile?: string;
  readonly dev?: DevPerson;
}

export interface L1Options {
  readonly l1: string;
  readonly l1KeyFile?: string;
  readonly dev?: DevPerson;
  readonly rollup?: Hex;
  readonly l1StartBlock: number;
}

const DEV_PEOPLE = [
  'deployer',
  'sequencer',
  'fees',
  'alice',
  'bob',
  'carol',
  'dave',
  'erin',
  'frank',
  'grace',
] as const;
type DevPerson = (typeof DEV_PEOPLE)[number];

export function withJson(command: Command): Command {
  return command.option('--json', 'print one JSON object last');
}

export function withNode(command: Command): Command {
  return withJson(command).addOption(
    new Option('--rpc <url>', 'JSON-RPC of the node').env('ENGRAM_NODE_URL').default('http://127.0.0.1:8645'),
  );
}

export function withDev(command: Command): Command {
  return command.addOption(
    new Option('--dev <name>', 'use the public keys of a devnet’s person').choices([...DEV_PEOPLE]),
  );
}

export function withLedgerKey(command: Command): Command {
  return command
    .option('--key <file>', 'ledger key file (engram account new)')
    .option('--passphrase-file <file>', 'file with the key file’s passphrase');
}

export function withL1(command: Command): Command {
  return command
    .addOption(new Option('--l1 <url>', 'JSON-RPC of L1').env('ENGRAM_L1_URL').default('http://127.0.0.1:8545'))
    .option('--l1-key-file <file>', 'file with the L1 key that pays (0x and 64 hex digits)')
    .option('--rollup <address>', 'the contract; default: what the node says', address)
    .option('--l1-start-block <n>', 'L1 block of the contract’s deployment', count, 0);
}

export function ledgerSeed({ key, passphraseFile, dev }: LedgerKeyOptions): Uint8Array {
  if (dev !== undefined) return devAccount(dev).seed;
  if (key === undefined) throw new CliError(Exit.USAGE, 'NO_KEY', 'a ledger key is needed: --key <file>');
  return readSeed(key, passphrase(passphraseFile));
}

export function passphrase(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'KEY_FILE', `${file} cannot be read`, { cause });
  }
}

/** L1 and the wallet that pays there. @throws CliError NO_KEY, L1_UNREACHABLE */
export async function l1Clients({ dev, l1KeyFile, l1: rpcUrl }: Pick<L1Options, 'dev' | 'l1KeyFile' | 'l1'>): Promise<{
  publicClient: PublicClient;
  wallet: Wallet;
  chainId: number;
}> {
  if (dev === undefined && l1KeyFile === undefined) {
    throw new CliError(Exit.USAGE, 'NO_KEY', 'an L1 key is needed: --l1-key-file <file>');
  }
  const account = dev === undefined ? privateKeyToAccount(readL1Key(l1KeyFile ?? '')) : devAccount(dev).l1;
  const connection = { rpcUrl, pollMs: 500 };
  const publicClient = l1PublicClient(connection);
  const chainId = await publicClient.getChainId().catch((cause: unknown) => {
    throw new CliError(Exit.UNREACHABLE, 'L1_UNREACHABLE', `no answer from ${rpcUrl}`, { cause });
  });
  return { publicClient, wallet: l1Wallet({ ...connection, chainId }, account), chainId };
}

/** The contract, with the wallet that pays. Asks the node for the contract's address unless it is given. */
export async function rollupClient(options: L1Options & NodeOptions): Promise<RollupClient> {
  const { publicClient, wallet } = await l1Clients(options);
  const rollup = options.rollup ?? (await new RpcClient(options.rpc).request('engram_chainInfo', [])).rollup;
  return RollupClient.open({ address: rollup, deployedAt: BigInt(options.l1StartBlock) }, { publicClient, wallet });
}

/** The contract, for reading: nobody pays. @throws CliError L1_UNREACHABLE */
export async function rollupReader(
  options: Pick<L1Options, 'l1' | 'rollup' | 'l1StartBlock'> & NodeOptions,
): Promise<Reader> {
  const publicClient = l1PublicClient({ rpcUrl: options.l1, pollMs: 500 });
  await publicClient.getChainId().catch((cause: unknown) => {
    throw new CliError(Exit.UNREACHABLE, 'L1_UNREACHABLE', `no answer from ${options.l1}`, { cause });
  });
  const rollup = options.rollup ?? (await new RpcClient(options.rpc).request('engram_chainInfo', [])).rollup;
  return Reader.connect({ address: rollup, deployedAt: BigInt(options.l1StartBlock) }, publicClient);
}
