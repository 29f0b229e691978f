import type { Address } from '../../bridge/client/types.ts';
import { controllerOf } from '../../protocol/account.ts';
import type { AccountTree } from '../../protocol/tree.ts';
import { type AccountIndex, Kind } from '../../protocol/types.ts';

/** Indices in order of the accounts that `owner` is the Ethereum address of, directly or as payer or owner. */
export function controlledAccounts(tree: AccountTree, owner: Address): AccountIndex[] {
  const address = BigInt(owner);
  const found: AccountIndex[] = [];
  for (const [index, account] of tree.entries()) {
    const controller = tree.get(controllerOf(index, account));
    if (controller?.kind === Kind.KEY && controller.c === address) found.push(index);
  }
  return found.sort((a, b) => a - b);
}
