/** Signing and sending transactions from the command line. */
import { type Command, Option } from 'commander';
import { bytesToHex } from '../../protocol/bytes.ts';
import { encodeTx } from '../../protocol/codec/tx.ts';
import { field } from '../../protocol/field.ts';
import { signTx } from '../../protocol/tx.ts';
import type { AccountIndex, Field, Op, Signature } from '../../protocol/types.ts';
import { RpcClient, RpcClientError } from '../../sdk/rpcClient.ts';
import type { AccountView, Hex, TransactionStatus, Wire } from '../../sdk/rpcTypes.ts';
import { type LedgerKeyOptions, ledgerSeed, type NodeOptions, withDev, withLedgerKey, withNode } from './context.ts';
import { CliError, Exit, progress } from './output.ts';
import { amount, count, index } from './parsers.ts';

export interface SendOptions extends NodeOptions, LedgerKeyOptions {
  readonly from: AccountIndex;
  readonly fee?: bigint;
  readonly nonce?: number;
  readonly validFor: number;
  readonly wait: 'no' | 'included' | 'committed' | 'proven';
}

/** What an operation is made from. */
export interface SendContext {
  readonly rpc: RpcClient;
  readonly domain: Field;
  /** The node's clock, seconds. */
  readonly time: number;
  readonly fee: bigint;
  readonly account: Wire<AccountView>;
}

export interface Sending {
  readonly op: Op;
  /** The voucher's signature, if the operation is a claim. */
  readonly voucher?: Signature;
}

export type Sent = Wire<TransactionStatus> | { readonly hash: Hex; readonly status: 'pending' };

/** The account that a transaction of one operation created; nothing while it waits. */
export function indexOf(sent: Sent): { index?: number } {
  const [index] = 'created' in sent ? (sent.created ?? []) : [];
  return index === undefined ? {} : { index };
}

/** Options of every command that signs and sends. */
export function withSending(command: Command): Command {
  return withDev(withLedgerKey(withNode(command)))
    .option('--fee <amount>', 'default: the node’s minimum for the token', amount)
    .option('--nonce <n>', 'default: the account’s next', count)
    .option('--valid-for <seconds>', 'how long it may wait for a block', count, 3_600)
    .addOption(
      new Option('--wait <state>', 'return once it is so far')
        .choices(['no', 'included', 'committed', 'proven'])
        .default('included'),
    );
}

export function withFrom(command: Command): Command {
  return command.requiredOption('--from <index>', 'account that signs and pays', index);
}

/** What the node would refuse less clearly. @throws CliError WRONG_KIND */
function checkSigner({ index, kind }: Wire<AccountView>): void {
  if (kind === 'KEY') return;
  const how = kind === 'ATTEST' ? `: its owner pays from it with --from <owner> --of ${index}` : '';
  throw new CliError(Exit.REFUSED, 'WRONG_KIND', `account ${index} has no key that could sign${how}`);
}

/** A refused signature is nearly always somebody else's key. */
function explained(error: unknown, { index }: Wire<AccountView>): unknown {
  if (!(error instanceof RpcClientError) || error.reason !== 'BAD_SIGNATURE') return error;
  const message = `account ${index} has to sign this, and the key given is not its key`;
  return new CliError(Exit.REFUSED, 'BAD_SIGNATURE', message, { cause: error });
}

/** A node that goes away takes nothing back: what was sent may stand. */
function stillSent(error: unknown, hash: Hex): unknown {
  const isAway =
    error instanceof RpcClientError && (error.reason === 'UNREACHABLE' || error.reason === 'CONNECTION_LOST');
  if (!isAway) return error;
  const message = `${error.message}; the transaction was sent and may go through: engram status ${hash}`;
  return new CliError(Exit.UNREACHABLE, error.reason, message, { cause: error });
}

/** `more` adds to what is printed, once the transaction is where it was waited for. */
export async function send<T extends object = Sent>(
  options: SendOptions,
  make: (context: SendContext) => Sending | Promise<Sending>,
  more: (sent: Sent) => T = (sent) => sent as Sent & T, // Sent, by the default of T
): Promise<T> {
  const seed = ledgerSeed(options);
  const rpc = new RpcClient(options.rpc);
  try {
    const account = await rpc.request('engram_getAccount', [options.from]);
    if (account === null) throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT', `there is no account ${options.from}`);
    checkSigner(account);
    const info = await rpc.request('engram_chainInfo', []);
    const minimum = info.fees.find(({ token }) => token === account.token)?.minimumFee ?? '0';
    const domain = field(BigInt(info.domain));
    const { time } = info;
    const { op, voucher } = await make({ rpc, domain, time, account, fee: options.fee ?? BigInt(minimum) });
    const tx = {
      signer: options.from,
      nonce: options.nonce ?? account.nonce,
      validUntil: time + options.validFor,
      ops: [op],
    };
    const signed = signTx(tx, seed, domain, voucher === undefined ? [] : [voucher]);
    const wire: Hex = `0x${bytesToHex(encodeTx(signed))}`;
    const hash = await rpc.request('engram_sendTransaction', [wire]).catch((error: unknown) => {
      throw explained(error, account);
    });
    if (options.wait === 'no') return more({ hash, status: 'pending' });
    progress(`sent ${hash}, waiting until it is ${options.wait}`);
    const sent = await rpc.waitForTransaction(hash, options.wait).catch((error: unknown) => {
      throw stillSent(error, hash);
    });
    return more(sent);
  } finally {
    await rpc.close();
  }
}
