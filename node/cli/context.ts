/** Options that several commands share, and what they lead to. */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { PublicClient } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { RollupClient, type Wallet } from '../../bridge/client/rollupClient.ts';
import { Reader } from '../../bridge/client/rollupReader.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { devAccount } from '../devnet/accounts.ts';
import { readKeystore } from '../keystore/keystoreFile.ts';
import { promptPassphrase, readPassphraseFile } from '../keystore/passphrase.ts';
import { l1PublicClient, l1Wallet } from '../l1/clients.ts';
import type { NetworkFile } from '../networks/networkFile.ts';
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

export interface L1Options extends L1KeyOptions {
  readonly l1: string;
  readonly rollup?: Hex;
  readonly l1StartBlock: number;
}

const DEFAULT_L1 = 'http://127.0.0.1:8545';

/** The L1 endpoint: what was said, else what the network file says, else the default. */
export function l1Url(command: Command, { l1 }: Pick<L1Options, 'l1'>, network?: NetworkFile): string {
  const isSaid = command.getOptionValueSource('l1') !== 'default';
  return isSaid ? l1 : (network?.l1.rpcUrl ?? l1);
}

/** Where the L1 key comes from. */
export interface L1KeyOptions {
  readonly l1KeyFile?: string;
  readonly l1Keystore?: string;
  readonly l1PassphraseFile?: string;
  readonly dev?: DevPerson;
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

/** @param what the key does, after "file with the L1 key that" */
export function withL1Key(command: Command, what = 'pays'): Command {
  return command
    .option('--l1-key-file <file>', `file with the L1 key that ${what} (0x and 64 hex digits)`)
    .option('--l1-keystore <file>', 'or its keystore (engram validator keygen)')
    .option('--l1-passphrase-file <file>', 'file with the keystore’s passphrase (or $ENGRAM_PASSPHRASE_FILE)');
}

export function withL1(command: Command): Command {
  return withL1Key(command)
    .addOption(new Option('--l1 <url>', 'JSON-RPC of L1').env('ENGRAM_L1_URL').default(DEFAULT_L1))
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

/** The account of the L1 key; see `l1PrivateKey`. */
export async function l1Account(options: L1KeyOptions): Promise<PrivateKeyAccount> {
  return privateKeyToAccount(await l1PrivateKey(options));
}

/** Of the flags, else of ENGRAM_L1_KEY. Asks for a passphrase if it is nowhere. @throws CliError NO_KEY, BAD_KEY, KEY_FILE; KeystoreError */
export async function l1PrivateKey({ dev, l1KeyFile, l1Keystore, l1PassphraseFile }: L1KeyOptions): Promise<Hex> {
  if (dev !== undefined) return devAccount(dev).l1Key;
  if (l1Keystore !== undefined) return unlockKeystore(l1Keystore, l1PassphraseFile);
  if (l1KeyFile !== undefined) return readL1Key(l1KeyFile);
  const { ENGRAM_L1_KEY: key } = process.env;
  if (key === undefined) {
    throw new CliError(Exit.USAGE, 'NO_KEY', 'an L1 key is needed: --l1-keystore <file> or --l1-key-file <file>');
  }
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new CliError(Exit.USAGE, 'BAD_KEY', 'ENGRAM_L1_KEY: expected 0x and 64 hex digits');
  }
  return key as Hex; // by the pattern
}

/** @param passphraseFile before $ENGRAM_PASSPHRASE_FILE; without either it is asked for. @throws KeystoreError */
export async function unlockKeystore(file: string, passphraseFile: string | undefined): Promise<Hex> {
  const from = passphraseFile ?? process.env.ENGRAM_PASSPHRASE_FILE;
  return readKeystore(
    file,
    from === undefined ? await promptPassphrase(`Passphrase of ${file}`) : readPassphraseFile(from),
  );
}

/** L1 and the wallet that pays there. @throws CliError NO_KEY, L1_UNREACHABLE */
export async function l1Clients({ l1: rpcUrl, ...key }: L1KeyOptions & Pick<L1Options, 'l1'>): Promise<{
  publicClient: PublicClient;
  wallet: Wallet;
  chainId: number;
}> {
  const account = await l1Account(key);
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
