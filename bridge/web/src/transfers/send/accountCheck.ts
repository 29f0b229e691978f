import type { Address } from 'viem';
import { Kind, type Point } from '../../../../../protocol/types.ts';
import { provenAccount } from '../../../../../sdk/l1/provenAccount.ts';
import type { Recovery } from '../../recovery/types.ts';
import type { L1Chain } from '../l1/l1Chain.ts';
import type { NodeView } from '../node/nodeView.ts';
import { TransferError } from '../trouble.ts';

interface Sources {
  readonly l1: L1Chain;
  readonly node: NodeView | undefined;
  readonly recovery: Recovery | undefined;
}

/**
 * A deposit to an account is a gift to whoever has its key. The node's word about that is not taken: a proven batch must say so.
 * @throws TransferError ACCOUNT_UNPROVEN; what the node and recovery throw
 */
export async function checkAccount(
  index: number,
  { owner, key, token }: { readonly owner: Address; readonly key: Point; readonly token: number },
  { l1, node, recovery }: Sources,
): Promise<void> {
  let found: { readonly key: readonly [bigint, bigint]; readonly token: number } | undefined;
  if (node !== undefined) {
    const { account } = await provenAccount(node.client, await l1.reader(), index).catch((error: unknown) => {
      if (recovery === undefined) throw error;
      return { account: undefined };
    });
    if (account?.kind === Kind.KEY) found = { key: [account.a, account.b], token: account.token };
  }
  if (found === undefined && recovery !== undefined) {
    const { accounts } = await recovery.ledger(owner);
    const own = accounts.find((account) => account.index === index && account.key !== undefined);
    if (own?.key !== undefined) found = { key: own.key, token: own.token };
  }
  if (found?.token !== token || found.key[0] !== key[0] || found.key[1] !== key[1]) {
    throw new TransferError('ACCOUNT_UNPROVEN', { account: index });
  }
}
