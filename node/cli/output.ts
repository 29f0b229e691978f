import { BridgeError } from '../../bridge/client/errors.ts';
import { WebBuildError } from '../../bridge/web/build/errors.ts';
import { ChainError } from '../../chain/errors.ts';
import { EvmError } from '../../chain/evm/errors.ts';
import { CircuitError } from '../../circuits/build/errors.ts';
import { GenesisError } from '../../genesis/errors.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import { Kind } from '../../protocol/types.ts';
import { ProverError } from '../../prover/errors.ts';
import { EngramError, NodeUnavailableError } from '../../sdk/errors.ts';
import { RpcClientError } from '../../sdk/rpcClient.ts';
import { SequencerError } from '../../sequencer/errors.ts';
import { L1Error } from '../../sequencer/l1Port.ts';
import { ConfigError } from '../config/errors.ts';
import { DevNetworkError } from '../devnet/network/errors.ts';
import { KeystoreError } from '../keystore/errors.ts';
import { NetworkFileError } from '../networks/errors.ts';
import { NodeError } from '../nodeError.ts';
import { NetworkError } from '../p2p/errors.ts';
import { RemoteProverError } from '../prover/errors.ts';
import { toJson } from '../rpc/json.ts';
import { SyncError } from '../sync/syncError.ts';
import { ValidatorError } from '../validator/errors.ts';
import { WebError } from '../web/errors.ts';

/** Exit codes of every command (docs/operations.md). 130 is a second Ctrl-C. */
export const Exit = {
  OK: 0,
  /** The ledger, the node or the contract refused, or the operation failed; the code says why. */
  REFUSED: 1,
  /** Wrong arguments, configuration or key file. */
  USAGE: 2,
  /** The node or L1 does not answer. */
  UNREACHABLE: 3,
  /** What was asked for does not exist. */
  NOT_FOUND: 4,
  /** A defect of this program. */
  INTERNAL: 70,
} as const;
export type Exit = (typeof Exit)[keyof typeof Exit];

/** A failure with its exit code, raised by the commands themselves. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: string;
  readonly exit: Exit;

  constructor(exit: Exit, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
    this.code = code;
  }
}

export interface OutputOptions {
  /** One JSON object on stdout, last; everything else goes to stderr. */
  readonly json?: boolean | undefined;
}

/** Runs a command and prints its result (for people: by `view`) or its coded error; sets the exit code. */
export async function guarded<T extends object | undefined>(
  options: OutputOptions,
  work: () => Promise<T>,
  view?: (result: NonNullable<T>) => string,
): Promise<void> {
  try {
    const result = await work();
    if (result === undefined) return;
    if (options.json || view === undefined) print(options, result);
    else process.stdout.write(`${view(result)}\n`);
  } catch (error) {
    const { exit, code, message } = describe(error);
    process.stderr.write(`${code}: ${message}\n`);
    if (exit === Exit.INTERNAL && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
    if (options.json) process.stdout.write(`${toJson({ error: { code, message } })}\n`);
    process.exitCode = exit;
  }
}

/** For people, while a command works. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function print({ json }: OutputOptions, result: object): void {
  process.stdout.write(json ? `${toJson(result)}\n` : `${lines(result)}\n`);
}

/** Names and values, one a line; members of members indented. */
export function lines(result: object): string {
  return table(result).join('\n');
}

/** Lists that are longer stand one below the other. */
const MAX_LINE = 120;

function table(value: object, indent = ''): string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    if (member === undefined) return [];
    if (typeof member !== 'object' || member === null) return [`${indent}${name.padEnd(18)} ${String(member)}`];
    if (Array.isArray(member) && member.every((item) => typeof item !== 'object')) {
      const line = `${indent}${name.padEnd(18)} ${member.join(' ')}`;
      if (line.length <= MAX_LINE) return [line];
      return member.map((item, i) => `${indent}${(i === 0 ? name : '').padEnd(18)} ${String(item)}`);
    }
    return [`${indent}${name}`, ...table(member, `${indent}  `)];
  });
}

/** Some messages begin with the code, which stands in front of every failure here anyway. */
function withoutCode({ code, message }: { readonly code: string; readonly message: string }): string {
  return message.startsWith(code) ? message.slice(code.length).replace(/^:? /, '') || message : message;
}

/** What to do about failures whose data do not say it. */
const HINTS: Readonly<Record<string, string>> = {
  STORE_UNAVAILABLE: 'another process uses this folder, or it cannot be written',
  LISTEN_FAILED: 'p2p.listen: an address is in use, or none of this machine',
  BAD_ADDRESS: 'expected a multiaddress such as /ip4/192.0.2.1/tcp/7171, of a boot node with /p2p/<id>',
  BAD_IDENTITY: 'p2p.identityFile cannot be read or written, or holds no key',
  ANVIL_FAILED: 'L1 did not start (another --l1-port?)',
  REORG_TOO_DEEP: 'L1 went back further than this node follows (docs/operations.md)',
};

/** For errors that carry their data, not words. */
function inWords({ code, data }: { readonly code: string; readonly data: Readonly<Record<string, unknown>> }): string {
  const members = Object.entries(data).map(([name, value]) => `${name} ${String(value)}`);
  return [HINTS[code], members.join(', ')].filter((text) => text !== undefined && text !== '').join(': ') || code;
}

/** A contract's error has arguments, the client's own a message or other data. */
function ofBridge(error: BridgeError): string {
  const { args, message } = error.data;
  if (typeof message === 'string') return message;
  if (Array.isArray(args)) return args.map(String).join(', ') || 'refused by the contract';
  return inWords(error);
}

/** Kinds of accounts are numbers on the wire. */
function readable(name: string, value: string | number): string {
  if (name !== 'kind' && name !== 'expected') return String(value);
  return { [Kind.KEY]: 'key', [Kind.CHANNEL]: 'channel', [Kind.ATTEST]: 'attestation' }[value] ?? String(value);
}

function describe(error: unknown): { exit: Exit; code: string; message: string } {
  if (error instanceof CliError) return { exit: error.exit, code: error.code, message: error.message };
  if (error instanceof ConfigError) return { exit: Exit.USAGE, code: error.code, message: error.message };
  if (error instanceof RpcClientError) {
    const isAway = error.reason === 'UNREACHABLE' || error.reason === 'CONNECTION_LOST';
    const details = Object.entries(error.details).map(([name, value]) => `${name} ${readable(name, value)}`);
    const message = details.length === 0 ? error.message : `${error.message} (${details.join(', ')})`;
    const exit = isAway ? Exit.UNREACHABLE : error.reason === 'INVALID_PARAMS' ? Exit.USAGE : Exit.REFUSED;
    return { exit, code: error.reason, message };
  }
  if (error instanceof EngramError) {
    const isAway = error instanceof NodeUnavailableError && error.code === 'UNREACHABLE';
    const exit = isAway ? Exit.UNREACHABLE : error.code === 'NOT_FOUND' ? Exit.NOT_FOUND : Exit.REFUSED;
    return { exit, code: error.code, message: withoutCode(error) };
  }
  if (error instanceof BridgeError) {
    const exit = error.code === 'L1_UNREACHABLE' ? Exit.UNREACHABLE : Exit.REFUSED;
    return { exit, code: error.code, message: ofBridge(error) };
  }
  if (error instanceof KeystoreError) return { exit: Exit.USAGE, code: error.code, message: error.message };
  if (error instanceof NetworkFileError) {
    const exit = error.code === 'NETWORK_L1_UNREACHABLE' ? Exit.UNREACHABLE : Exit.USAGE;
    return { exit, code: error.code, message: error.message };
  }
  if (error instanceof WebError) return { exit: Exit.USAGE, code: error.code, message: error.message };
  if (error instanceof NodeError) return { exit: Exit.USAGE, code: error.code, message: error.message };
  if (error instanceof NetworkError) return { exit: Exit.USAGE, code: error.code, message: inWords(error) };
  if (
    error instanceof ProtocolError ||
    error instanceof ReceiptError ||
    error instanceof CircuitError ||
    error instanceof WebBuildError ||
    error instanceof ProverError ||
    error instanceof GenesisError ||
    error instanceof EvmError ||
    error instanceof DevNetworkError
  ) {
    return { exit: Exit.REFUSED, code: error.code, message: withoutCode(error) };
  }
  if (error instanceof L1Error || error instanceof ValidatorError) {
    const exit = error.code === 'UNAVAILABLE' ? Exit.UNREACHABLE : Exit.REFUSED;
    return { exit, code: error.code, message: inWords(error) };
  }
  if (
    error instanceof ChainError ||
    error instanceof SyncError ||
    error instanceof SequencerError ||
    error instanceof RemoteProverError
  ) {
    return { exit: Exit.REFUSED, code: error.code, message: inWords(error) };
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return { exit: Exit.USAGE, code: 'PORT_IN_USE', message: error.message };
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { exit: Exit.REFUSED, code: 'CANCELLED', message: 'cancelled' };
  }
  return { exit: Exit.INTERNAL, code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
