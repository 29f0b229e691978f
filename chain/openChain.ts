import type { GenesisState } from '../genesis/spec.ts';
import type { Field } from '../protocol/types.ts';
import type { Db } from './db.ts';
import { ChainError } from './errors.ts';
import { EvmLane } from './evm/evmLane.ts';
import { dropUnfinishedImport } from './snapshot/unfinished.ts';
import { ChainStore } from './store.ts';

export interface OpenChainOptions {
  readonly domain: Field;
  readonly genesis: GenesisState;
}

/**
 * Opens the chain in `db`, or begins one: the store, and the EVM lane at the store's head. What an import of a snapshot left that was not
 * finished is removed first.
 * @throws ChainError WRONG_CHAIN, STORE_CORRUPT; EvmError STATE_MISSING
 */
export async function openChain(
  { domain, genesis }: OpenChainOptions,
  { db }: { db: Db },
): Promise<{ store: ChainStore; lane: EvmLane }> {
  await dropUnfinishedImport({ db });
  const first = await EvmLane.open({ genesis, domain }, { db });
  const store = await ChainStore.open(
    { domain, common: first.common, genesis: { header: first.genesis, writes: () => first.genesisWrites() } },
    { db },
  );
  if (store.head.block === 0n) return { store, lane: first };
  const newest = await store.evmBlock(store.head.block);
  if (newest === undefined) throw new ChainError('STORE_CORRUPT', { block: store.head.block });
  return { store, lane: await EvmLane.open({ genesis, domain }, { db, head: newest.header }) };
}
