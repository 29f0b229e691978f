import { TEST_DOMAIN, TEST_TIME } from '../../protocol/testing/actors.ts';
import type { AccountIndex, QueueItem, ShapeName, SignedTx } from '../../protocol/types.ts';
import type { Block } from '../block.ts';
import type { Db } from '../db.ts';
import type { EvmLane } from '../evm/evmLane.ts';
import { Ledger } from '../ledger.ts';
import { openChain } from '../openChain.ts';
import type { ChainStore } from '../store.ts';
import { TEST_GENESIS } from './testGenesis.ts';

export interface Chain {
  readonly store: ChainStore;
  readonly lane: EvmLane;
  readonly ledger: Ledger;
}

/** A store and its EVM lane as the process that opens them finds them. */
export function openTestStore(db: Db, domain = TEST_DOMAIN): Promise<{ store: ChainStore; lane: EvmLane }> {
  return openChain({ domain, genesis: TEST_GENESIS }, { db });
}

/** What a process has after it opened its store. */
export async function openLedger(db: Db, shapes: readonly ShapeName[] = ['small']): Promise<Chain> {
  const { store, lane } = await openTestStore(db);
  return { store, lane, ledger: await Ledger.load({ shapes }, { store, lane }) };
}

/** Applies the contents to the open batch (a new one if there is none) and stores them as a block. */
export async function addBlock(
  { store, ledger }: Pick<Chain, 'store' | 'ledger'>,
  contents: { deposits?: readonly QueueItem[]; txs?: readonly SignedTx[]; feeAccounts?: readonly AccountIndex[] },
): Promise<Block> {
  const timestamp = TEST_TIME + Number(store.head.block);
  const open = ledger.open?.batch ?? ledger.begin(timestamp);
  const l1Ops = (contents.deposits ?? []).map((item) => open.applyL1(item, firstFree(ledger)));
  const named = [...ledger.feeAccounts, ...(contents.feeAccounts ?? [])];
  for (const index of contents.feeAccounts ?? []) open.nameFeeAccount(index);
  const txs = contents.txs ?? [];
  for (const tx of txs) open.applyTx(tx);
  const sealed = await ledger.seal({ timestamp, l1Ops, txs, feeAccounts: named });
  if (sealed === undefined) throw new Error('a block needs contents');
  return sealed.block;
}

function firstFree(ledger: Ledger): AccountIndex {
  let index = 1;
  while (ledger.account(index as AccountIndex) !== undefined) index += 1;
  return index as AccountIndex;
}
