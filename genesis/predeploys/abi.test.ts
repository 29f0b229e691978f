import type { Abi } from 'viem';
import { expect, it } from 'vitest';
import { artifact } from '../compiler.ts';
import * as abis from './abi.ts';
import { buildInterfaces, buildPredeploys } from './build.ts';
import { DATA_ESCROW_ABI } from './dataEscrowAbi.ts';
import { ORACLE_ABI } from './oracleAbi.ts';

/** What callers depend on: signatures, names of arguments and members, what is indexed, what changes state. */
function callable(abi: Abi): string[] {
  return (
    abi
      .filter(({ type }) => type === 'function' || type === 'event' || type === 'error')
      // An interface may name results where the contract does not.
      .map((item) =>
        item.type === 'function' ? { ...item, outputs: item.outputs.map((o) => ({ ...o, name: '' })) } : item,
      )
      .map((item) => JSON.stringify(item, withoutNoise))
      .map((text) => JSON.stringify(sortKeys(JSON.parse(text))))
      .sort()
  );
}

/** The compiler also writes down Solidity's own types, empty names and the default of flags. */
function withoutNoise(key: string, value: unknown): unknown {
  const isNoise =
    key === 'internalType' || key === 'anonymous' || value === '' || (key === 'indexed' && value === false);
  return isNoise ? undefined : value;
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}

it.each([
  ['Inbox', abis.INBOX_ABI],
  ['Outbox', abis.OUTBOX_ABI],
  ['TokenFactory', abis.TOKEN_FACTORY_ABI],
  ['BridgedToken', abis.BRIDGED_TOKEN_ABI],
  ['Oracle', ORACLE_ABI],
  ['DataEscrow', DATA_ESCROW_ABI],
])('%s', async (name, abi) => {
  expect(callable(abi)).toEqual(callable(artifact(await buildPredeploys(), name).abi));
});

it.each([
  ['IModelAttestation', abis.MODEL_ATTESTATION_ABI],
  ['IPoseidon', abis.POSEIDON_ABI],
  ['IBabyJubjub', abis.BABY_JUBJUB_ABI],
  ['ILedgerRead', abis.LEDGER_READ_ABI],
])('%s', async (name, abi) => {
  expect(callable(abi)).toEqual(callable(artifact(await buildInterfaces(), name).abi));
});
