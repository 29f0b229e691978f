/** Everything that can go wrong on the way of value, as a code with data: the page's texts say it in words. */
import { EngramError, NodeUnavailableError } from '../../../../sdk/errors.ts';
import { errorsAbi } from '../../../client/abi.ts';
import { BridgeError } from '../../../client/errors.ts';
import type { Trouble } from './types.ts';

/** Codes of the engine itself. Besides them: the contracts' errors by name, the codes of the ledger, the SDK and recovery. */
export type TransferErrorCode =
  /** The user said no in the wallet. */
  | 'REJECTED'
  /** The wallet waits for an answer to something else. */
  | 'WALLET_BUSY'
  /** `expected`, `found`: chain ids. */
  | 'WRONG_NETWORK'
  /** The wallet now has another account than the one the page shows. */
  | 'ACCOUNT_CHANGED'
  /** The wallet does not know the page (any more), or is not connected. */
  | 'WALLET_DISCONNECTED'
  /** The wallet cannot do what it was asked. */
  | 'WALLET_UNSUPPORTED'
  /** `need`, `have`: base units of `token`; for token 0 gas and the queue's fee are counted. */
  | 'INSUFFICIENT_FUNDS'
  /** The same is being sent, or was sent and is not on the chain yet, or may have been sent (`state`); `intent` can be forgotten. */
  | 'ALREADY_SENDING'
  | 'NODE_UNAVAILABLE'
  | 'L1_UNREACHABLE'
  /** Nothing can be kept in this browser: a reload forgets what was sent until the chain shows it. */
  | 'NO_STORAGE'
  /** The deployment has no EVM lane. */
  | 'NO_EVM_LANE'
  /** An escape needs the replay of posted batches, which is not there. */
  | 'NO_RECOVERY'
  /** No batch proven on L1 shows that the account has this key: money would go to whoever has it. */
  | 'ACCOUNT_UNPROVEN'
  /** The wallet is to sign for another deployment than L1 has. */
  | 'DEPLOYMENT_MISMATCH'
  /** The address is a contract's: on the other chain nobody has a key to it. */
  | 'CONTRACT_WALLET'
  /** `asked`: base units of `token`; more than a node can be believed to need. */
  | 'FEE_TOO_HIGH'
  /** The transfer cannot be ended this way now. */
  | 'NOT_ACTIONABLE'
  | 'UNKNOWN_TOKEN'
  /** A transaction that was mined and had no effect. */
  | 'TRANSACTION_FAILED'
  /** Another transaction took its place in the wallet. */
  | 'REPLACED'
  /** The transaction's time was over before a block took it in. */
  | 'EXPIRED'
  /** The wallet was asked when the page was closed; whether it sent is not known. */
  | 'MAYBE_SENT'
  /** The wallet was asked and has sent nothing so far. */
  | 'NOT_SENT'
  /** The deposit named an account that is not there or of another token: L1 owes it back. */
  | 'DEPOSIT_VOID'
  /** The forced exit moved nothing: there is no such account, it is another address's, or empty. */
  | 'EXIT_VOID'
  /** The rollup was frozen before this was proven. */
  | 'ROLLUP_FROZEN'
  /** The node says what L1 does not: nothing was credited. */
  | 'NOT_ON_L1'
  | 'AMOUNT_EMPTY'
  | 'AMOUNT_MALFORMED'
  /** `1,000`: a thousand or one? */
  | 'AMOUNT_AMBIGUOUS'
  | 'AMOUNT_NEGATIVE'
  | 'AMOUNT_ZERO'
  /** `decimals`: how many there are at most. */
  | 'AMOUNT_TOO_PRECISE'
  /** `max`: base units. */
  | 'AMOUNT_TOO_LARGE'
  | 'ADDRESS_MALFORMED'
  /** Its capitals are a checksum, which is wrong: a letter was mistyped. */
  | 'ADDRESS_CHECKSUM'
  | 'ADDRESS_ZERO'
  | 'ACCOUNT_MALFORMED';

type Data = Readonly<Record<string, string | number | bigint>>;

/** Thrown by the engine: `toTrouble` of it is its code and data. */
export class TransferError extends Error {
  override readonly name = 'TransferError';
  readonly code: TransferErrorCode;
  readonly data: Data;

  constructor(code: TransferErrorCode, data: Data = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.data = data;
  }
}

/** What a wallet's numbers mean (EIP-1193, EIP-1474, EIP-3085). */
const WALLET_CODES: Readonly<Record<number | string, TransferErrorCode>> = {
  4001: 'REJECTED',
  5000: 'REJECTED',
  ACTION_REJECTED: 'REJECTED',
  4100: 'WALLET_DISCONNECTED',
  4900: 'WALLET_DISCONNECTED',
  4901: 'WRONG_NETWORK',
  4902: 'WRONG_NETWORK',
  4200: 'WALLET_UNSUPPORTED',
  '-32601': 'WALLET_UNSUPPORTED',
  '-32004': 'WALLET_UNSUPPORTED',
  '-32002': 'WALLET_BUSY',
};

/** The same by the names of viem's classes, for errors whose number is lost. */
const WALLET_NAMES: Readonly<Record<string, TransferErrorCode>> = {
  UserRejectedRequestError: 'REJECTED',
  ChainMismatchError: 'WRONG_NETWORK',
  SwitchChainError: 'WRONG_NETWORK',
  ProviderDisconnectedError: 'WALLET_DISCONNECTED',
  ChainDisconnectedError: 'WRONG_NETWORK',
  UnauthorizedProviderError: 'WALLET_DISCONNECTED',
  ResourceUnavailableRpcError: 'WALLET_BUSY',
  InsufficientFundsError: 'INSUFFICIENT_FUNDS',
  AccountNotFoundError: 'WALLET_DISCONNECTED',
};

const NODE_AWAY: ReadonlySet<string> = new Set(['UNREACHABLE', 'RATE_LIMITED', 'STOPPED', 'HALTED']);
const MAX_DEPTH = 12;
const MAX_TEXT = 100;

/** What a failure comes to. Texts of wallets, nodes and contracts are never passed on; it never throws, whatever was thrown. */
export function toTrouble(error: unknown): Trouble {
  try {
    return known(error) ?? walletTrouble(error) ?? coded(error) ?? transportTrouble(error) ?? { code: 'UNEXPECTED' };
  } catch {
    return { code: 'UNEXPECTED' }; // an object whose members throw
  }
}

/** What the wallet's answer means; undefined: it is none that is known, so that it may have sent. */
export function walletTrouble(error: unknown): Trouble | undefined {
  for (const cause of causes(error)) {
    const { code, name } = cause as { code?: unknown; name?: unknown }; // any object may be asked for these
    const isCode = typeof code === 'number' || typeof code === 'string';
    const byCode = isCode && Object.hasOwn(WALLET_CODES, code) ? WALLET_CODES[code] : undefined;
    const byName = typeof name === 'string' && Object.hasOwn(WALLET_NAMES, name) ? WALLET_NAMES[name] : undefined;
    const found = byCode ?? byName;
    if (found !== undefined) return { code: found };
  }
  return undefined;
}

/** As `walletTrouble`, of a wallet that was asked to send: undefined also where it lost its connection, which says nothing of what it sent before. */
export function walletRefusal(error: unknown): Trouble | undefined {
  for (const cause of causes(error)) {
    const { code, name } = cause as { code?: unknown; name?: unknown }; // as above
    if (code === 4900 || code === 4901) return undefined;
    if (name === 'ProviderDisconnectedError' || name === 'ChainDisconnectedError') return undefined;
  }
  return walletTrouble(error);
}

/** Errors of this project's own classes. */
function known(error: unknown): Trouble | undefined {
  if (error instanceof TransferError) return trouble(error.code, error.data);
  if (error instanceof BridgeError) {
    // the client says so of whatever it cannot read: a wallet's refusal among it
    const isVague = error.code === 'L1_UNREACHABLE' || error.code === 'L1_REVERTED';
    const better = isVague ? walletTrouble(error.cause) : undefined;
    if (better !== undefined) return better;
    return trouble(error.code, contractData(error));
  }
  if (error instanceof NodeUnavailableError && NODE_AWAY.has(error.code)) {
    return trouble('NODE_UNAVAILABLE', { reason: error.code });
  }
  if (error instanceof EngramError && error.code !== 'UNKNOWN') return trouble(error.code, error.details);
  return undefined;
}

/** Arguments of a contract's error by their names. */
function contractData(error: BridgeError): Record<string, unknown> {
  const { args } = error.data;
  if (!Array.isArray(args)) return { ...error.data, message: undefined, data: undefined };
  const found = errorsAbi.find(({ name }) => name === error.code);
  return Object.fromEntries(args.map((value, i) => [found?.inputs[i]?.name ?? `${i}`, value]));
}

/** Errors with a code of ours in other classes: the ledger's, recovery's. */
function coded(error: unknown): Trouble | undefined {
  for (const cause of causes(error)) {
    const { code, data, details, name } = cause as {
      code?: unknown;
      data?: unknown;
      details?: unknown;
      name?: unknown;
    };
    if (name === 'AbortError') return { code: 'ABORTED' };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(code) && code.length <= 40) {
      return trouble(code, (data ?? details ?? {}) as Record<string, unknown>); // filtered there
    }
  }
  return undefined;
}

/** viem's own failures of a transport, not wrapped by anybody: L1's, since a node is asked through the SDK. */
function transportTrouble(error: unknown): Trouble | undefined {
  const names = new Set(['HttpRequestError', 'TimeoutError', 'WebSocketRequestError', 'RpcRequestError']);
  for (const { name } of causes(error)) if (names.has(String(name))) return { code: 'L1_UNREACHABLE' };
  return undefined;
}

function trouble(code: string, data: unknown): Trouble {
  const clean = cleaned(data);
  return Object.keys(clean).length === 0 ? { code } : { code, data: clean };
}

/** Numbers, and texts that are identifiers: no sentence of anybody's. */
function cleaned(data: unknown): Record<string, string | number | bigint> {
  const clean: Record<string, string | number | bigint> = {};
  if (typeof data !== 'object' || data === null) return clean;
  for (const [key, value] of Object.entries(data)) {
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    const isName = typeof value === 'string' && value.length <= MAX_TEXT && /^[\w.:-]+$/.test(value);
    if (isNumber || isName) clean[key] = value;
  }
  return clean;
}

function* causes(error: unknown): Generator<{ readonly name?: unknown }> {
  let current = error;
  for (let depth = 0; depth < MAX_DEPTH && typeof current === 'object' && current !== null; depth += 1) {
    yield current;
    current = (current as { cause?: unknown }).cause; // as above
  }
}
