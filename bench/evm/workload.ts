/** Signed transactions of many senders, the same for every target: keys, nonces and addresses follow from nothing but the options. */
import { RLP } from '@ethereumjs/rlp';
import secp256k1 from 'secp256k1';
import { bytesToHex, type Hex, hexToBytes, keccak256, stringToBytes } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';

export type Kind = 'transfer' | 'erc20';

export interface Person {
  readonly key: Uint8Array;
  readonly address: Hex;
}

/** High enough for any base fee of the run. */
export const MAX_FEE = 10n * 10n ** 9n;
const TIP = 10n ** 9n;
/** A transfer to a new holder takes 52,000. */
const GAS = { transfer: 21_000n, erc20: 60_000n } as const;

export function benchPerson(name: string): Person {
  const key = keccak256(stringToBytes(`engram evm bench: ${name}`));
  return { key: hexToBytes(key), address: privateKeyToAddress(key) };
}

export function benchSenders(count: number): Person[] {
  return Array.from({ length: count }, (_, index) => benchPerson(`sender ${index}`));
}

export interface Unsigned {
  readonly chainId: number;
  readonly nonce: number;
  readonly gas: bigint;
  readonly to: Hex | undefined;
  readonly value: bigint;
  readonly data: Hex;
}

/** EIP-2718 bytes of an EIP-1559 transaction, and its hash. */
export function sign({ chainId, nonce, gas, to, value, data }: Unsigned, key: Uint8Array): { raw: Hex; hash: Hex } {
  const fields = [chainId, nonce, TIP, MAX_FEE, gas, to ?? '0x', value, data, []];
  const payload = typed(fields);
  const { signature, recid } = secp256k1.ecdsaSign(keccak256(payload, 'bytes'), key);
  const raw = typed([...fields, recid, unpadded(signature.subarray(0, 32)), unpadded(signature.subarray(32))]);
  return { raw: bytesToHex(raw), hash: keccak256(raw) };
}

function typed(fields: Parameters<typeof RLP.encode>[0]): Uint8Array {
  const body = RLP.encode(fields);
  const bytes = new Uint8Array(body.length + 1);
  bytes[0] = 2;
  bytes.set(body, 1);
  return bytes;
}

function unpadded(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start += 1;
  return bytes.subarray(start);
}

export interface RoundPlan {
  readonly kind: Kind;
  readonly chainId: number;
  readonly senders: number;
  /** Transactions of each sender. */
  readonly each: number;
  /** Nonce of each sender's first. */
  readonly nonce: number;
  readonly token: Hex;
  /** Different in each round, so that fresh recipients are fresh. */
  readonly round: number;
}

/** By sender, in the order of nonces. Every other recipient has never been seen. */
export function signedRound({
  kind,
  chainId,
  senders,
  each,
  nonce,
  token,
  round,
}: RoundPlan): { raw: Hex; hash: Hex }[][] {
  const people = benchSenders(senders);
  return people.map(({ key }, index) =>
    Array.from({ length: each }, (_, position) => {
      const isFresh = position % 2 === 0;
      const other = people[(index + position + 1) % senders]?.address ?? token;
      const to = isFresh ? freshAddress([round, index, position, kind === 'erc20' ? 1 : 0]) : other;
      const common = { chainId, nonce: nonce + position, gas: GAS[kind] };
      if (kind === 'transfer') return sign({ ...common, to, value: 1n, data: '0x' }, key);
      return sign({ ...common, to: token, value: 0n, data: erc20Transfer(to, 1n) }, key);
    }),
  );
}

function freshAddress(path: readonly number[]): Hex {
  return `0x${keccak256(stringToBytes(`fresh ${path.join(' ')}`)).slice(26)}`;
}

/** `transfer(address,uint256)` without a coder: there are many. */
function erc20Transfer(to: Hex, value: bigint): Hex {
  return `0xa9059cbb${to.slice(2).padStart(64, '0')}${value.toString(16).padStart(64, '0')}`;
}
