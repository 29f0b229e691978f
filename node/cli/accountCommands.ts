import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { bytesToHex } from '../../protocol/bytes.ts';
import { packPoint } from '../../protocol/crypto/babyjub.ts';
import { publicKey } from '../../protocol/crypto/eddsa.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import {
  type LedgerKeyOptions,
  ledgerSeed,
  type NodeOptions,
  passphrase,
  withDev,
  withJson,
  withLedgerKey,
  withNode,
} from './context.ts';
import { writeKeyFile } from './keyFile.ts';
import { CliError, Exit, guarded, type OutputOptions } from './output.ts';
import { address, index } from './parsers.ts';

/** `engram account new|show`: ledger keys and the accounts they own. */
export function registerAccountCommands(program: Command): void {
  const account = program.command('account').description('ledger keys and accounts');
  withJson(account.command('new'))
    .description('make a ledger key; a deposit or a register with it creates an account')
    .requiredOption('--out <file>', 'key file to write; an existing one is never overwritten')
    .option('--passphrase-file <file>', 'encrypt the key with the passphrase in this file')
    .action((options: OutputOptions & { out: string; passphraseFile?: string }) =>
      guarded(options, async () => {
        const seed = new Uint8Array(randomBytes(32));
        writeKeyFile(options.out, seed, passphrase(options.passphraseFile));
        return { file: options.out, ...keyOf(seed) };
      }),
    );
  withDev(withLedgerKey(withNode(account.command('show'))))
    .description('accounts by index, by key or by Ethereum address, as of the newest block')
    .option('--index <index>', 'one account', index)
    .option('--address <address>', 'all accounts of an Ethereum address', address)
    .action((options: NodeOptions & LedgerKeyOptions & { index?: AccountIndex; address?: Hex }) =>
      guarded(options, () => show(options)),
    );
}

async function show(
  options: NodeOptions & LedgerKeyOptions & { index?: AccountIndex; address?: Hex },
): Promise<object> {
  const rpc = new RpcClient(options.rpc);
  if (options.index !== undefined) {
    const found = await rpc.request('engram_getAccount', [options.index]);
    if (found === null) throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT', `there is no account ${options.index}`);
    return found;
  }
  if (options.address !== undefined) {
    return { accounts: await rpc.request('engram_getAccountsByAddress', [options.address]) };
  }
  const key = keyOf(ledgerSeed(options));
  return { ...key, accounts: await rpc.request('engram_getAccountsByKey', [key.publicKey]) };
}

function keyOf(seed: Uint8Array): { publicKey: Hex; x: bigint; y: bigint } {
  const key = publicKey(seed);
  return { publicKey: `0x${bytesToHex(packPoint(key))}`, x: key[0], y: key[1] };
}
