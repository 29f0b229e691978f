import { TEST_DOMAIN, TEST_TIME } from '../../protocol/testing/actors.ts';
import type { AccountIndex, QueueItem, ShapeName, SignedTx } from '../../protocol/types.ts';
import type { Block } from '../block.ts';
import type { Db } from '../db.ts';
import { Ledger } from '../ledger.ts';
import { ChainStore } from '../store.ts';

export interface Chain {
  readonly store: ChainStore;
  readonly ledger: Ledger;
}

/** What a process has after it opened its store. */
export async function openChain(db: Db, shapes: readonly ShapeName[] = ['small']): Promise<Chain> {
  const store = await ChainStore.open({ domain: TEST_DOMAIN }, { db });
  return { store, ledger: await Ledger.load({ shapes }, { store }) };
}

/** Applies the contents to the open batch (a new one if there is none) and stores them as a block. */
export async function addBlock(
  { store, ledger }: Chain,
  contents: { deposits?: readonly QueueItem[]; txs?: readonly SignedTx[]; feeAccounts?: readonly AccountIndex[] },
): Promise<Block> {
  const timestamp = TEST_TIME + Number(store.head.block);
  const open = ledger.open?.batch ?? ledger.begin(timestamp);
  const l1Ops = (contents.deposits ?? []).map((item) => open.applyL1(item, firstFree(ledger)));
  const named = [...ledger.feeAccounts, ...(contents.feeAccounts ?? [])];
  for (const index of contents.feeAccounts ?? []) open.nameFeeAccount(index);
  const txs = contents.txs ?? [];
  for (const tx of txs) open.applyTx(tx);
  return ledger.seal({ timestamp, l1Ops, txs, feeAccounts: named });
}

function firstFree(ledger: Ledger): AccountIndex {
  let index = 1;
  while (ledger.account(index as AccountIndex) !== undefined) index += 1;
  return index as AccountIndex;
}
