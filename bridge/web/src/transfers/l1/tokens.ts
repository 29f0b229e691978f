import { type Address, type Hex, hexToBigInt, hexToBytes, type PublicClient, size, sliceHex, zeroAddress } from 'viem';
import { BridgeError } from '../../../../client/errors.ts';
import { bridgeError } from '../../../../client/revert.ts';
import type { Token } from '../types.ts';
import type { L1Chain } from './l1Chain.ts';

export const ETH: Token = { id: 0, address: zeroAddress, symbol: 'ETH', name: 'Ether', decimals: 18 };

const NAME = '0x06fdde03';
const SYMBOL = '0x95d89b41';
const DECIMALS = '0x313ce567';
const MAX_SYMBOL = 16;
const MAX_NAME = 40;
const MAX_DECIMALS = 36;
/** Read of an answer at most. */
const MAX_ANSWER = 1_024;
/** Ids asked for at once; they are given out one after the other. */
const STEP = 8;
const MAX_TOKENS = 1_000;
/** JSON-RPC's numbers for “not now”: limits, time, resources. */
const OVERLOADED: ReadonlySet<unknown> = new Set([429, -32001, -32002, -32005, -32016, -32029, -32097]);
/** What the EVM lane, too, says of a token that does not say. */
const UNKNOWN_DECIMALS = 18;

/** The bridge's tokens, by L1: what nobody can change is asked once. */
export class Tokens {
  readonly #l1: L1Chain;
  readonly #known: Token[] = [];

  constructor(l1: L1Chain) {
    this.#l1 = l1;
  }

  /** @throws BridgeError L1_UNREACHABLE */
  async all(): Promise<readonly Token[]> {
    const reader = await this.#l1.reader();
    while (this.#known.length < MAX_TOKENS) {
      const next = this.#known.length + 1;
      const ids = Array.from({ length: STEP }, (_, i) => next + i);
      const addresses = await Promise.all(ids.map((id) => reader.tokenAddress(id)));
      const end = addresses.findIndex((address) => BigInt(address) === 0n);
      const found = end === -1 ? addresses : addresses.slice(0, end);
      const read = await Promise.all(found.map((address, i) => readToken(this.#l1.client, { id: next + i, address })));
      // two calls at once find the same: the first one's stay
      if (this.#known.length + 1 === next) this.#known.push(...read);
      if (end !== -1) break;
    }
    return distinct([ETH, ...this.#known]);
  }
}

/** What a contract says of itself is anybody's text: bounded, without characters that hide or reorder others. */
export async function readToken(l1: PublicClient, { id, address }: { id: number; address: Address }): Promise<Token> {
  const ask = async (data: Hex): Promise<Hex | undefined> => {
    try {
      const { data: answer } = await l1.call({ to: address, data });
      return answer;
    } catch (error) {
      const failure = bridgeError(error);
      if (failure.code === 'L1_UNREACHABLE' && !isAnswer(error)) throw failure;
      return undefined; // the contract has no such function, or plays
    }
  };
  const [symbol, name, decimals] = await Promise.all([ask(SYMBOL), ask(NAME), ask(DECIMALS)]);
  return {
    id,
    address,
    // the mark before an id is ours
    symbol: harmless(textOf(symbol).replaceAll('#', ''), MAX_SYMBOL) || `T${id}`,
    name: harmless(textOf(name), MAX_NAME) || `Token ${id}`,
    decimals: decimalsOf(decimals),
  };
}

/** An error that L1 answered with, as opposed to none. */
function isAnswer(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth += 1) {
    if (cause instanceof BridgeError) continue;
    // said of the endpoint and not of the contract: amounts would be read with decimals that nobody named
    if (OVERLOADED.has((cause as { code?: unknown }).code)) return false;
    if (cause.name === 'RpcRequestError' || cause.name === 'ExecutionRevertedError') return true;
  }
  return false;
}

/** `string` or, as some old tokens have it, `bytes32`; lengths are not believed. */
function textOf(answer: Hex | undefined): string {
  if (answer === undefined || answer === '0x') return '';
  const bytes = hexToBytes(size(answer) > MAX_ANSWER ? sliceHex(answer, 0, MAX_ANSWER) : answer);
  if (bytes.length < 32) return '';
  const isString = bytes.length >= 64 && wordAt(bytes, 0) === 32n;
  const length = isString ? wordAt(bytes, 32) : 32n;
  const start = isString ? 64 : 0;
  const room = BigInt(bytes.length - start);
  return new TextDecoder().decode(bytes.subarray(start, start + Number(length < room ? length : room)));
}

function wordAt(bytes: Uint8Array, at: number): bigint {
  return bytes.subarray(at, at + 32).reduce((word, byte) => (word << 8n) | BigInt(byte), 0n);
}

/** Out of the range, amounts are shown in base units: that is exact, whatever the contract meant. */
function decimalsOf(answer: Hex | undefined): number {
  if (answer === undefined || size(answer) < 32) return UNKNOWN_DECIMALS;
  const value = hexToBigInt(sliceHex(answer, 0, 32));
  return value <= BigInt(MAX_DECIMALS) ? Number(value) : 0;
}

/** Without controls, marks of direction, invisible and private characters, and combining marks; at most `max` characters. */
export function harmless(text: string, max: number): string {
  const visible = text
    .normalize('NFKC')
    .replace(/[\p{C}\p{M}\p{Z}]+/gu, ' ')
    .replace(/�/g, '')
    .trim();
  const characters = [...visible];
  return characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : visible;
}

/**
 * Symbols that are alike get the id behind them, and those that may look like another (letters of other scripts); ETH keeps its own, since
 * it alone is no contract's word.
 */
function distinct(tokens: readonly Token[]): readonly Token[] {
  const fold = ({ symbol }: Token): string => symbol.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const count = new Map<string, number>();
  for (const token of tokens) count.set(fold(token), (count.get(fold(token)) ?? 0) + 1);
  return tokens.map((token) => {
    const isClear = count.get(fold(token)) === 1 && /^[\x21-\x7e]+$/.test(token.symbol);
    return token.id === 0 || isClear ? token : { ...token, symbol: `${token.symbol} #${token.id}` };
  });
}
