import type { RollupClient } from '../../bridge/client/rollupClient.ts';
import { packState } from '../../protocol/account.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { proveAccount } from './accountProver.ts';
import { CliError, Exit, progress } from './output.ts';
import { rebuildProvenTree } from './rebuild.ts';

/** Leaves a frozen rollup: state from L1, proof of the leaf, `escape` on L1. The owner withdraws afterwards. */
export async function escapeAccount(
  options: { readonly index: AccountIndex; readonly cacheDir?: string | undefined },
  { rollup }: { readonly rollup: RollupClient },
): Promise<object> {
  const { index, cacheDir } = options;
  if (!(await rollup.state()).isFrozen) {
    throw new CliError(Exit.REFUSED, 'NOT_FROZEN', 'the rollup is not frozen: use exit or forced-exit');
  }
  const { tree, batch } = await rebuildProvenTree(rollup, (n, last) => progress(`replaying batch ${n} of ${last}`));
  const path = tree.proof(index);
  const { account } = path;
  if (account === undefined) {
    throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT', `there is no account ${index} in the last proven batch`);
  }
  const proof = await proveAccount({ ...path, account }, { cacheDir });
  const { a, b, c } = account;
  const { hash, blockNumber, gasUsed } = await rollup.escape({ index, state: packState(account), a, b, c }, proof);
  return {
    batch,
    index,
    token: account.token,
    amount: account.balance,
    l1Transaction: hash,
    l1Block: blockNumber,
    gasUsed,
  };
}
