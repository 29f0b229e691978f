import { keccak256 } from '../crypto/keccak.ts';
import type { AccountIndex } from '../types.ts';
import type { ServiceAccounts } from './serviceAccounts.ts';
import { epochStart, type ServiceDocument } from './serviceDocument.ts';

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

/** As of now for an epoch: the largest stakes that last until its end, and the agents whose turn it is. */
export function participantsOf(
  accounts: Pick<ServiceAccounts, 'agents' | 'stakes'>,
  document: Pick<ServiceDocument, 'minStake' | 'maxEvaluators' | 'maxProviders' | 'start' | 'epochSeconds'>,
  { epoch, ranked }: { epoch: number; ranked: readonly AccountIndex[] },
): Participant[] {
  const { minStake, maxEvaluators, maxProviders } = document;
  const end = epochStart(document, epoch + 1);
  const evaluators = new Map(
    [...accounts.stakes(end)]
      .filter(([, stake]) => stake >= minStake)
      .sort(([a, x], [b, y]) => (x === y ? a - b : x > y ? -1 : 1))
      .slice(0, maxEvaluators),
  );
  const agents = accounts.agents().sort(([a], [b]) => a - b);
  const providers = new Map(
    providersOf(agents, { most: maxProviders, epoch, ranked }).map(([agent, owner]) => [owner, agent]),
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

type Agent = readonly [agent: AccountIndex, owner: AccountIndex];

/**
 * All of them if they fit. Else those who earned something when it was last judged keep their places, and of the others each epoch draws:
 * agents cost a fee and last for ever, so by index alone whoever attests the first ones would shut everybody else out. Drawn by hash, not
 * in turns, which whoever adds agents could shift.
 * @param agents ascending
 */
function providersOf(
  agents: readonly Agent[],
  { most, epoch, ranked }: { most: number; epoch: number; ranked: readonly AccountIndex[] },
): readonly Agent[] {
  if (agents.length <= most) return agents;
  const earning = new Set(ranked);
  const kept = agents.filter(([, owner]) => earning.has(owner)).slice(0, most);
  const drawn = agents
    .filter(([, owner]) => !earning.has(owner))
    .map((one) => ({ one, lot: lotOf(epoch, one[0]) }))
    .sort((a, b) => (a.lot < b.lot ? -1 : 1))
    .slice(0, most - kept.length)
    .map(({ one }) => one);
  return [...kept, ...drawn];
}

/** `keccak256(epoch(4) ‖ agent(4))`, big endian. */
function lotOf(epoch: number, agent: AccountIndex): bigint {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, epoch);
  view.setUint32(4, agent);
  return keccak256(bytes);
}
