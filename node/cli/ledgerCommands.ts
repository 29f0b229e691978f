import { type Command, Option } from 'commander';
import { bytesToHex } from '../../protocol/bytes.ts';
import { encodeTx } from '../../protocol/codec/tx.ts';
import { field } from '../../protocol/field.ts';
import { signTx } from '../../protocol/tx.ts';
import type { AccountIndex, Field, Op, Point } from '../../protocol/types.ts';
import { exit, register, transfer } from '../../sdk/ops.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { type LedgerKeyOptions, ledgerSeed, type NodeOptions, withDev, withLedgerKey, withNode } from './context.ts';
import { CliError, Exit, guarded, progress } from './output.ts';
import { address, amount, count, index, key, memo } from './parsers.ts';

interface SendOptions extends NodeOptions, LedgerKeyOptions {
  readonly from: AccountIndex;
  readonly amount: bigint;
  readonly fee?: bigint;
  readonly nonce?: number;
  readonly validFor: number;
  readonly wait: 'no' | 'included' | 'committed' | 'proven';
}

/** `engram transfer`, `register`, `exit`: sign with a ledger key and send. */
export function registerLedgerCommands(program: Command): void {
  sending(program.command('transfer'))
    .description('pay another account of the same token')
    .requiredOption('--to <index>', 'account that is paid', index)
    .option('--memo <words>', 'up to three numbers, comma-separated', memo)
    .action((options: SendOptions & { to: AccountIndex; memo?: Field[] }) =>
      guarded(options, () => send(options, (fee) => transfer({ ...options, fee, memo: options.memo ?? [] }))),
    );
  sending(program.command('register'))
    .description('create an account on the ledger and pay into it')
    .requiredOption('--new-key <packed>', 'its ledger key (engram account show)', key)
    .requiredOption('--owner <address>', 'its Ethereum address, the way out on L1', address)
    .action((options: SendOptions & { newKey: Point; owner: Hex }) =>
      guarded(options, () =>
        send(options, (fee) => register({ ...options, fee, key: options.newKey, address: BigInt(options.owner) })),
      ),
    );
  sending(program.command('exit'))
    .description('move funds to L1; withdraw them there once the batch is proven')
    .requiredOption('--recipient <address>', 'who may withdraw on L1', address)
    .action((options: SendOptions & { recipient: Hex }) =>
      guarded(options, () => send(options, (fee) => exit({ ...options, fee, recipient: BigInt(options.recipient) }))),
    );
}

function sending(command: Command): Command {
  return withDev(withLedgerKey(withNode(command)))
    .requiredOption('--from <index>', 'account that signs and pays', index)
    .requiredOption('--amount <amount>', 'base units, or with wei, gwei, ether', amount)
    .option('--fee <amount>', 'default: the node’s minimum for the token', amount)
    .option('--nonce <n>', 'default: the account’s next', count)
    .option('--valid-for <seconds>', 'how long it may wait for a block', count, 3_600)
    .addOption(
      new Option('--wait <state>', 'return once it is so far')
        .choices(['no', 'included', 'committed', 'proven'])
        .default('included'),
    );
}

async function send(options: SendOptions, op: (fee: bigint) => Op): Promise<object> {
  const seed = ledgerSeed(options);
  const rpc = new RpcClient(options.rpc);
  try {
    const account = await rpc.request('engram_getAccount', [options.from]);
    if (account === null) throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT', `there is no account ${options.from}`);
    const { domain, fees } = await rpc.request('engram_chainInfo', []);
    const minimum = fees.find(({ token }) => token === account.token)?.minimumFee ?? '0';
    const signed = signTx(
      {
        signer: options.from,
        nonce: options.nonce ?? account.nonce,
        validUntil: Math.floor(Date.now() / 1000) + options.validFor,
        ops: [op(options.fee ?? BigInt(minimum))],
      },
      seed,
      field(BigInt(domain)),
    );
    const hash = await rpc.request('engram_sendTransaction', [`0x${bytesToHex(encodeTx(signed))}`]);
    if (options.wait === 'no') return { hash, status: 'pending' };
    progress(`sent ${hash}, waiting until it is ${options.wait}`);
    return await rpc.waitForTransaction(hash, options.wait);
  } finally {
    await rpc.close();
  }
}
