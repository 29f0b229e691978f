import type { AccountIndex } from '../types.ts';
import type { ServiceAccounts } from './serviceAccounts.ts';
import type { ServiceDocument } from './serviceDocument.ts';

/** Who takes part in an epoch. `uid`: its number in Yuma, by account. */
export interface Participant {
  readonly uid: number;
  /** KEY account: stakes, signs scores, is paid. */
  readonly account: AccountIndex;
  /** ATTEST account of a provider; what weights name. */
  readonly agent?: AccountIndex;
  /** 0 for who does not evaluate. */
  readonly stake: bigint;
  readonly isEvaluator: boolean;
  readonly isProvider: boolean;
}

/** As of now for an epoch that ends at `end` (seconds): the largest stakes, and the first agents. */
export function participantsOf(
  accounts: Pick<ServiceAccounts, 'agents' | 'stakes'>,
  document: Pick<ServiceDocument, 'minStake' | 'maxEvaluators' | 'maxProviders'>,
  end: number,
): Participant[] {
  const { minStake, maxEvaluators, maxProviders } = document;
  const evaluators = new Map(
    [...accounts.stakes(end)]
      .filter(([, stake]) => stake >= minStake)
      .sort(([a, x], [b, y]) => (x === y ? a - b : x > y ? -1 : 1))
      .slice(0, maxEvaluators),
  );
  const providers = new Map(
    accounts
      .agents()
      .sort(([a], [b]) => a - b)
      .slice(0, maxProviders)
      .map(([agent, owner]) => [owner, agent]),
  );
  const everybody = [...new Set([...evaluators.keys(), ...providers.keys()])].sort((a, b) => a - b);
  return everybody.map((account, uid) => {
    const agent = providers.get(account);
    const stake = evaluators.get(account);
    return {
      uid,
      account,
      ...(agent !== undefined && { agent }),
      stake: stake ?? 0n,
      isEvaluator: stake !== undefined,
      isProvider: agent !== undefined,
    };
  });
}
