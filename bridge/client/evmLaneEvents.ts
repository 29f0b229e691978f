import { decodeAbiParameters, decodeEventLog, hexToBytes, type Log } from 'viem';
import type { DepositMessage, L1Message, TokenMessage } from '../../protocol/lane/types.ts';
import { BridgeError } from './errors.ts';
import { positionOf } from './events.ts';
import { evmLaneAbi } from './evmLaneAbi.ts';
import type { Address, Hex, L1Position } from './types.ts';

/** Everything that `EvmLane` reports, in log order. Addresses in lower case. */
export type EvmLaneEvent =
  | { readonly type: 'message'; readonly message: L1Message; readonly l1: L1Position }
  | {
      readonly type: 'counted';
      readonly batch: number;
      readonly signer: Address;
      readonly commitment: Hex;
      readonly l1: L1Position;
    }
  | {
      readonly type: 'attested';
      readonly batch: number;
      readonly commitment: Hex;
      readonly outboxRoot: Hex;
      readonly outboxCount: bigint;
      readonly inboxCount: bigint;
      readonly l1: L1Position;
    }
  | {
      readonly type: 'claimed';
      readonly index: bigint;
      readonly recipient: Address;
      readonly token: number;
      readonly amount: bigint;
      /** The ledger account it was paid to, or 0: it was paid on L1. */
      readonly account: number;
      readonly l1: L1Position;
    };

const DEPOSIT = 1;
const TOKEN = 2;
const DEPOSIT_PAYLOAD = [
  { name: 'to', type: 'address' },
  { name: 'token', type: 'uint16' },
  { name: 'amount', type: 'uint256' },
  { name: 'gasLimit', type: 'uint64' },
  { name: 'data', type: 'bytes' },
  { name: 'refundTo', type: 'address' },
] as const;
const TOKEN_PAYLOAD = [
  { name: 'token', type: 'uint16' },
  { name: 'name', type: 'bytes' },
  { name: 'symbol', type: 'bytes' },
  { name: 'decimals', type: 'uint8' },
] as const;

/** Parses a log of the contract. @throws BridgeError BAD_LOG */
export function parseEvmLaneEvent(log: Log): EvmLaneEvent {
  const l1 = positionOf(log);
  const event = decode(log);
  switch (event.eventName) {
    case 'MessageQueued':
      return { type: 'message', message: messageOf(event.args), l1 };
    case 'AttestationCounted': {
      const { batch, signer, evmCommitment } = event.args;
      return { type: 'counted', batch: Number(batch), signer: lower(signer), commitment: evmCommitment, l1 };
    }
    case 'BatchAttested': {
      const { batch, evmCommitment, outboxRoot, outboxCount, inboxCount } = event.args;
      const output = { outboxRoot, outboxCount, inboxCount };
      return { type: 'attested', batch: Number(batch), commitment: evmCommitment, ...output, l1 };
    }
    case 'Claimed': {
      const { recipient, ...rest } = event.args;
      return { type: 'claimed', ...rest, recipient: lower(recipient), l1 };
    }
    case 'EIP712DomainChanged':
      throw new BridgeError('BAD_LOG', { event: event.eventName }); // part of EIP-5267, never emitted
  }
}

interface RawMessage {
  readonly index: bigint;
  readonly kind: number;
  readonly sender: Address;
  readonly timestamp: number;
  readonly payload: Hex;
}

/** @throws BridgeError BAD_LOG */
function messageOf({ index, kind, sender, timestamp, payload }: RawMessage): L1Message {
  const base = { index, l1Timestamp: timestamp };
  try {
    if (kind === DEPOSIT) {
      const [to, token, amount, gasLimit, data, refundTo] = decodeAbiParameters(DEPOSIT_PAYLOAD, payload);
      const people = { sender: lower(sender), to: lower(to), refundTo: lower(refundTo) };
      return { kind: 'deposit', ...base, ...people, token, amount, gasLimit, data } satisfies DepositMessage;
    }
    if (kind === TOKEN) {
      const [token, name, symbol, decimals] = decodeAbiParameters(TOKEN_PAYLOAD, payload);
      const said = { token, name: textOf(name), symbol: textOf(symbol), decimals };
      return { kind: 'token', ...base, ...said } satisfies TokenMessage;
    }
  } catch (cause) {
    throw new BridgeError('BAD_LOG', { index, kind }, { cause });
  }
  throw new BridgeError('BAD_LOG', { index, kind });
}

/**
 * What a token calls itself. The lane's blocks are derived from this: bytes that are no UTF-8 become U+FFFD by the WHATWG rules,
 * everything else, a byte order mark and zeros included, stays.
 */
function textOf(bytes: Hex): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(hexToBytes(bytes));
}

function lower(address: Address): Address {
  return address.toLowerCase() as Address; // still an address
}

function decode(log: Log) {
  try {
    return decodeEventLog({ abi: evmLaneAbi, data: log.data, topics: log.topics, strict: true });
  } catch (cause) {
    throw new BridgeError('BAD_LOG', { topics: log.topics }, { cause });
  }
}
