import { sha256 } from '@noble/hashes/sha2.js';
import { packState } from '../../../../protocol/account.ts';
import { prefixedHex } from '../../../../protocol/bytes.ts';
import { accountIndex } from '../../../../protocol/ids.ts';
import { type Receipt, receiptHash, type SignedReceipt, signReceipt } from '../../../../protocol/receipts/receipt.ts';
import { ReceiptTree } from '../../../../protocol/receipts/receiptTree.ts';
import { type Actor, TEST_DOMAIN, TEST_TIME } from '../../../../protocol/testing/actors.ts';
import { AT, dave, look, market } from '../../../../protocol/testing/market.ts';
import type { AccountTree } from '../../../../protocol/tree.ts';
import type { Account, Field } from '../../../../protocol/types.ts';
import type { LeafWords } from '../../types.ts';

/** Ledger data for tests: the accounts of `market()` and receipts of its channel. */

export function leafOf(index: number, account: Account): LeafWords {
  const { a, b, c } = account;
  return { index: accountIndex(index), state: packState(account), a, b, c };
}

export function leavesOf(tree: AccountTree): LeafWords[] {
  return Object.values(AT).flatMap((index) => {
    const found = look(tree, index);
    return found === undefined ? [] : [leafOf(index, found)];
  });
}

export const marketTree = market();
export const marketLeaves = leavesOf(marketTree);

/** SHA-256 of an artefact that exists in name only. */
export function digestOf(name: string) {
  return prefixedHex(sha256(new TextEncoder().encode(name)));
}

export function receiptOf(sequence: number, change: Partial<Receipt> = {}, who: Actor = dave): SignedReceipt {
  const hash = (text: string) => sha256(new TextEncoder().encode(text));
  const receipt: Receipt = {
    channel: accountIndex(AT.channel),
    sequence,
    model: accountIndex(AT.model),
    time: TEST_TIME + sequence,
    price: 10n,
    inputHash: hash(`input ${sequence}`),
    outputHash: hash(`output ${sequence}`),
    execution: 7n as Field,
    ...change,
  };
  return signReceipt(receipt, who.seed, TEST_DOMAIN);
}

export function treeOf(receipts: readonly Receipt[]): ReceiptTree {
  const tree = new ReceiptTree();
  for (const receipt of receipts) tree.append(receiptHash(receipt));
  return tree;
}
