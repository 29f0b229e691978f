import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { hexToBytes } from '../protocol/bytes.ts';
import { INBOX, OUTBOX, PRECOMPILES } from '../protocol/lane/addresses.ts';
import type { Hex } from '../protocol/lane/types.ts';
import { GenesisError } from './errors.ts';
import { type PredeployCode, predeployCodes } from './predeploys/code.ts';
import { EMPTY_OUTBOX_ROOT, OUTBOX_ROOT_SLOT } from './predeploys/outbox.ts';
import { parseSpec } from './specSchema.ts';

/** What a chain starts from; parsed from a file of genesis/specs or one's own. Hex is in lower case. */
export interface ChainSpec {
  readonly name: string;
  readonly l2ChainId: bigint;
  readonly hardfork: 'prague';
  /** Of block 0, in seconds. */
  readonly timestamp: number;
  readonly gasLimit: bigint;
  readonly baseFeePerGas: bigint;
  /** Name, place and keccak256 of the code of every contract that comes with the protocol. */
  readonly predeploys: readonly { readonly name: string; readonly address: Hex; readonly codeHash: Hex }[];
  readonly accounts: readonly SpecAccount[];
  /** Whether `accounts` may hold money. No vault on L1 holds it: for tests only. */
  readonly isUnbacked: boolean;
}

export interface SpecAccount {
  readonly address: Hex;
  readonly balance: bigint;
  readonly nonce: number;
  readonly code?: Hex;
  /** 32-byte words. */
  readonly storage?: Readonly<Record<Hex, Hex>>;
}

export interface GenesisAccount {
  readonly address: Hex;
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly code: Uint8Array;
  readonly storage: readonly (readonly [slot: Hex, value: Hex])[];
}

/** Everything block 0 is made of, but the domain (docs/protocol.md section 8). */
export interface GenesisState {
  readonly chainId: bigint;
  readonly timestamp: number;
  readonly gasLimit: bigint;
  readonly baseFeePerGas: bigint;
  /** By address; none is empty. */
  readonly accounts: readonly GenesisAccount[];
}

const PRECOMPILE_CODE = Uint8Array.of(0xfe);

/**
 * @param nameOrPath a name of genesis/specs ("devnet") or the path of a file
 * @throws GenesisError SPEC_NOT_FOUND, SPEC_NOT_JSON and those of `parseSpec`
 */
export async function loadSpec(nameOrPath: string): Promise<ChainSpec> {
  const isName = /^[a-z0-9-]+$/.test(nameOrPath);
  const path = isName ? fileURLToPath(new URL(`specs/${nameOrPath}.json`, import.meta.url)) : nameOrPath;
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new GenesisError('SPEC_NOT_FOUND', { path }, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new GenesisError('SPEC_NOT_JSON', { path }, { cause });
  }
  return parseSpec(json);
}

/**
 * The state a spec describes, with the protocol's contracts built by this program and compared with the spec's hashes: two nodes
 * with one spec have one block 0, or one of them stops here.
 * @throws GenesisError PREDEPLOY_MISMATCH, CODE_HASH_MISMATCH, ACCOUNT_CONFLICT, ACCOUNT_EMPTY, UNBACKED_BALANCE
 */
export async function genesisState(spec: ChainSpec): Promise<GenesisState> {
  const codes = await predeployCodes();
  checkPredeploys(spec, codes);
  const accounts = new Map<Hex, GenesisAccount>();
  for (const address of PRECOMPILES) accounts.set(address, contract(address, PRECOMPILE_CODE));
  for (const { address, code } of codes) {
    // An empty tree has a root too, and it is read before the first withdrawal.
    const storage: GenesisAccount['storage'] = address === OUTBOX ? [[OUTBOX_ROOT_SLOT, EMPTY_OUTBOX_ROOT]] : [];
    accounts.set(address, { ...contract(address, hexToBytes(code)), storage });
  }
  spec.accounts.forEach((account, i) => {
    const field = `accounts.${i}`;
    checkAccount(account, spec.isUnbacked, field);
    if (accounts.has(account.address)) throw new GenesisError('ACCOUNT_CONFLICT', { field, address: account.address });
    accounts.set(account.address, fromSpec(account));
  });
  return {
    chainId: spec.l2ChainId,
    timestamp: spec.timestamp,
    gasLimit: spec.gasLimit,
    baseFeePerGas: spec.baseFeePerGas,
    accounts: [...accounts.values()].sort((a, b) => (a.address < b.address ? -1 : 1)),
  };
}

function checkPredeploys(spec: ChainSpec, codes: readonly PredeployCode[]): void {
  const named = new Map(spec.predeploys.map((entry, i) => [entry.name, { entry, field: `predeploys.${i}` }]));
  if (named.size !== spec.predeploys.length)
    throw new GenesisError('PREDEPLOY_MISMATCH', { field: 'predeploys', reason: 'a name twice' });
  for (const { name, address, codeHash } of codes) {
    const found = named.get(name);
    if (found === undefined) throw new GenesisError('PREDEPLOY_MISMATCH', { field: 'predeploys', missing: name });
    const { entry, field } = found;
    if (entry.address !== address) {
      throw new GenesisError('PREDEPLOY_MISMATCH', {
        field: `${field}.address`,
        name,
        expected: address,
        found: entry.address,
      });
    }
    if (entry.codeHash !== codeHash) {
      throw new GenesisError('CODE_HASH_MISMATCH', {
        field: `${field}.codeHash`,
        name,
        expected: entry.codeHash,
        built: codeHash,
      });
    }
    named.delete(name);
  }
  for (const [name, { field }] of named) throw new GenesisError('PREDEPLOY_MISMATCH', { field, unknown: name });
}

function checkAccount(account: SpecAccount, isUnbacked: boolean, field: string): void {
  const { address, balance, nonce, code = '0x' } = account;
  if (isReserved(address)) throw new GenesisError('ACCOUNT_CONFLICT', { field, address });
  if (balance !== 0n && !isUnbacked)
    throw new GenesisError('UNBACKED_BALANCE', { field: `${field}.balance`, address, balance });
  if (balance === 0n && nonce === 0 && code === '0x') throw new GenesisError('ACCOUNT_EMPTY', { field, address });
}

/** The protocol's own addresses, and those of numbers not in use yet (docs/protocol.md section 7). */
function isReserved(address: Hex): boolean {
  return address.slice(0, -2) === INBOX.slice(0, -2);
}

function contract(address: Hex, code: Uint8Array): GenesisAccount {
  return { address, balance: 0n, nonce: 1n, code, storage: [] };
}

function fromSpec({ address, balance, nonce, code, storage }: SpecAccount): GenesisAccount {
  const slots = Object.entries(storage ?? {}) as [Hex, Hex][]; // Object.entries forgets the keys' type
  return {
    address,
    balance,
    nonce: BigInt(nonce),
    code: hexToBytes(code ?? '0x'),
    storage: slots.sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}
