import type { BlockHeader } from '@ethereumjs/block';
import { createTx, type TypedTxData } from '@ethereumjs/tx';
import { type GenesisAccount, type GenesisState, genesisState, loadSpec } from '../../../genesis/spec.ts';
import type { Hex, LaneMessage } from '../../../protocol/lane/types.ts';
import type { Field } from '../../../protocol/types.ts';
import type { Db } from '../../db.ts';
import { memoryDb } from '../../testing/memoryDb.ts';
import { bytesHex, hexBytes, keccak, keccakHex, senderOf } from '../crypto.ts';
import { EvmLane, type EvmLaneOptions } from '../evmLane.ts';
import type { EvmBlockInput, EvmTx, ExecutedBlock, TxSource } from '../types.ts';

export const DOMAIN = 7n as Field; // any field element
export const BENEFICIARY: Hex = '0x00000000000000000000000000000000000000fe';
export const WALLETS = Array.from({ length: 8 }, (_, i) => wallet(i));

export interface Wallet {
  readonly key: Uint8Array;
  readonly address: Hex;
}

/** The wallet of a number; the same in every run. */
export function wallet(i: number): Wallet {
  const key = keccak(new TextEncoder().encode(`wallet ${i}`));
  const tx = createTx({ type: 2, gasLimit: 21_000n }).sign(key);
  return { key, address: bytesHex(tx.getSenderAddress().bytes) };
}

export interface LaneFixture {
  readonly lane: EvmLane;
  readonly db: Db;
  readonly options: EvmLaneOptions;
}

let devnet: Promise<GenesisState> | undefined;

/** A lane on an empty database: the protocol's contracts, `WALLETS` with 1000 ETH each, and what a test adds. */
export async function laneFixture(
  extra: Partial<GenesisState> & { cache?: EvmLaneOptions['cache'] } = {},
): Promise<LaneFixture> {
  devnet ??= loadSpec('devnet').then(genesisState);
  const base = await devnet;
  const { cache, accounts = [], ...rest } = extra;
  const rich = WALLETS.map(({ address }): GenesisAccount => account(address, { balance: 10n ** 21n }));
  const all = new Map([...base.accounts, ...rich, ...accounts].map((each) => [each.address, each]));
  const genesis = { ...base, ...rest, accounts: [...all.values()] };
  const options = { genesis, domain: DOMAIN, ...(cache === undefined ? {} : { cache }) };
  const db = memoryDb();
  return { lane: await EvmLane.open(options, { db }), db, options };
}

export function account(address: Hex, parts: Partial<Omit<GenesisAccount, 'address'>>): GenesisAccount {
  return { address, balance: 0n, nonce: 0n, code: new Uint8Array(0), storage: [], ...parts };
}

export function sign(lane: EvmLane, { key }: Wallet, data: TypedTxData): EvmTx {
  const tx = createTx(
    { chainId: data.type === undefined || data.type === 0 ? undefined : lane.common.chainId(), ...data } as TypedTxData, // legacy ones have none
    { common: lane.common, allowUnlimitedInitCodeSize: true },
  ).sign(key);
  const raw = tx.serialize();
  return { hash: keccakHex(raw), sender: senderOf(tx), raw, tx };
}

/** EIP-7702: `wallet` lets its account run the code of `address`. */
export function authorization(lane: EvmLane, { key }: Wallet, address: Hex, nonce: bigint) {
  // Signed as a transaction's hash is, by a transaction that is thrown away.
  const trim = (value: bigint): Hex => `0x${value.toString(16)}`;
  const bytes = nonce === 0n ? '80' : nonce.toString(16).padStart(2, '0');
  const chain = lane.common.chainId().toString(16).padStart(4, '0');
  const payload = `82${chain}94${address.slice(2)}${bytes}`;
  const hash = keccak(hexBytes(`0x05${(0xc0 + payload.length / 2).toString(16)}${payload}`));
  const carrier = createTx({ type: 2, gasLimit: 21_000n }, { freeze: false });
  Object.assign(carrier, { getHashedMessageToSign: () => hash });
  const { v = 0n, r = 0n, s = 0n } = carrier.sign(key);
  return {
    chainId: trim(lane.common.chainId()),
    address,
    nonce: trim(nonce),
    yParity: trim(v),
    r: trim(r),
    s: trim(s),
  };
}

export function inputOn(parent: BlockHeader, parts: Partial<EvmBlockInput> = {}): EvmBlockInput {
  return {
    parent,
    timestamp: Number(parent.timestamp) + 1,
    beneficiary: BENEFICIARY,
    ledgerRoot: 1n as Field, // any field element
    ledgerHash: bytesHex(keccak(parent.hash())),
    mirror: { leaves: [], claims: [] },
    messages: [] as readonly LaneMessage[],
    ...parts,
  };
}

/** Executes a block and stores it as the chain's store does. */
export async function mine(
  { lane, db }: LaneFixture,
  txs: readonly EvmTx[],
  parts: Partial<EvmBlockInput> = {},
): Promise<ExecutedBlock> {
  const isFirst = lane.head.number === 0n;
  const block = await lane.execute(inputOn(lane.head, parts), txs);
  await db.write([...(isFirst ? await lane.genesisWrites() : []), ...block.writes]);
  block.commit();
  return block;
}

/** Offers transactions in a row and notes what became of them. */
export function listSource(
  txs: readonly EvmTx[],
): TxSource & { rejected: (readonly [Hex, string])[]; accepted: Hex[] } {
  const queue = [...txs];
  const rejected: (readonly [Hex, string])[] = [];
  const accepted: Hex[] = [];
  return {
    rejected,
    accepted,
    next: () => queue.shift(),
    accept: ({ hash }) => accepted.push(hash),
    reject: ({ hash }, code) => rejected.push([hash, code]),
  };
}

export function code(hex: string): Uint8Array {
  return hexBytes(`0x${hex}`);
}
