import { BridgeError } from '../../bridge/client/errors.ts';
import { ChainError } from '../../chain/errors.ts';
import { CircuitError } from '../../circuits/build/errors.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import { Kind } from '../../protocol/types.ts';
import { ProverError } from '../../prover/errors.ts';
import { EngramError, NodeUnavailableError } from '../../sdk/errors.ts';
import { RpcClientError } from '../../sdk/rpcClient.ts';
import { L1Error } from '../../sequencer/l1Port.ts';
import { ConfigError } from '../config/errors.ts';
import { KeystoreError } from '../keystore/errors.ts';
import { NetworkFileError } from '../networks/errors.ts';
import { NodeError } from '../nodeError.ts';
import { toJson } from '../rpc/json.ts';
import { ValidatorError } from '../validator/errors.ts';

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

function table(value: object, indent = ''): string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    if (member === undefined) return [];
    if (typeof member !== 'object' || member === null) return [`${indent}${name.padEnd(18)} ${String(member)}`];
    if (Array.isArray(member) && member.every((item) => typeof item !== 'object')) {
      return [`${indent}${name.padEnd(18)} ${member.join(' ')}`];
    }
    return [`${indent}${name}`, ...table(member, `${indent}  `)];
  });
}

/** Some messages begin with the code, which stands in front of every failure here anyway. */
function withoutCode({ code, message }: { readonly code: string; readonly message: string }): string {
  return message.startsWith(code) ? message.slice(code.length).replace(/^:? /, '') || message : message;
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
    return { exit, code: error.code, message: withoutCode(error) };
  }
  if (error instanceof KeystoreError) return { exit: Exit.USAGE, code: error.code, message: error.message };
  if (error instanceof NetworkFileError) {
    const exit = error.code === 'NETWORK_L1_UNREACHABLE' ? Exit.UNREACHABLE : Exit.USAGE;
    return { exit, code: error.code, message: error.message };
  }
  if (error instanceof NodeError) return { exit: Exit.USAGE, code: error.code, message: error.message };
  if (
    error instanceof ProtocolError ||
    error instanceof ReceiptError ||
    error instanceof ChainError ||
    error instanceof CircuitError ||
    error instanceof ProverError
  ) {
    return { exit: Exit.REFUSED, code: error.code, message: withoutCode(error) };
  }
  if (error instanceof L1Error || error instanceof ValidatorError) {
    const exit = error.code === 'UNAVAILABLE' ? Exit.UNREACHABLE : Exit.REFUSED;
    // these carry their data, not words
    const message = Object.entries(error.data).map(([name, value]) => `${name} ${String(value)}`);
    return { exit, code: error.code, message: message.join(', ') || error.message };
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return { exit: Exit.USAGE, code: 'PORT_IN_USE', message: error.message };
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { exit: Exit.REFUSED, code: 'CANCELLED', message: 'cancelled' };
  }
  return { exit: Exit.INTERNAL, code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
