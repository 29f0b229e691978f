import type { ChainStore } from '../chain/store.ts';
import type { AccountIndex } from '../protocol/types.ts';
import type { FeeLane, TokenView } from '../sdk/rpcTypes.ts';
import type { FeeAccountsOptions } from '../sequencer/feeAccounts.ts';
import type { FeePolicyOptions } from '../sequencer/feePolicy.ts';
import type { Sequencer } from '../sequencer/sequencer.ts';

/** The tokens in which fees can be paid now: where they go, and the least an op pays. */
export async function feeLanes(
  options: { readonly feeAccounts: FeeAccountsOptions; readonly fees?: FeePolicyOptions },
  deps: {
    readonly store: Pick<ChainStore, 'accountsByKey'>;
    readonly sequencer: Pick<Sequencer, 'account'>;
    readonly tokens: readonly TokenView[];
  },
): Promise<FeeLane[]> {
  const { key, byToken } = options.feeAccounts;
  const ofKey = key === undefined ? [] : await deps.store.accountsByKey(key);
  const tokenOf = (index: AccountIndex): number | undefined => deps.sequencer.account(index)?.token;
  return deps.tokens.flatMap(({ id }) => {
    const named = byToken?.get(id);
    const account =
      named !== undefined && tokenOf(named) === id ? named : ofKey.find((candidate) => tokenOf(candidate) === id);
    if (account === undefined) return [];
    return [{ token: id, account, minimumFee: options.fees?.minFeePerOp?.get(id) ?? 0n }];
  });
}
