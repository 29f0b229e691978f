import { parseEther } from 'viem';
import { connect, person } from '../../../examples/support.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import type { AccountIndex } from '../../../protocol/types.ts';
import type { World } from '../world.ts';

/** Positions in anvil's list of funded accounts; each has one account of ETH on the ledger. */
const PEOPLE = { keeper: 9, north: 3, south: 4, first: 5, second: 6, third: 7 } as const;
export type Role = keyof typeof PEOPLE;
export const EVALUATORS = ['first', 'second', 'third'] as const;

export interface Party {
  readonly role: Role;
  /** KEY account. */
  readonly index: AccountIndex;
  readonly account: Awaited<ReturnType<typeof person>>['account'];
  readonly ledger: Awaited<ReturnType<typeof person>>['ledger'];
}
export type Parties = Readonly<Record<Role, Party>>;

/** All of them, with money on the ledger: one deposit each, at the same time. */
export async function gather(world: World): Promise<Parties> {
  const network = await connect({ rpc: world.devnet.rpcUrl, l1: world.devnet.l1Url, log: () => undefined });
  const join = async (role: Role): Promise<Party> => {
    const { account, ledger, deposit } = await person(network, PEOPLE[role]);
    return { role, account, ledger, index: accountIndex(await deposit(parseEther('3'))) };
  };
  const [keeper, north, south, first, second, third] = await Promise.all([
    join('keeper'),
    join('north'),
    join('south'),
    join('first'),
    join('second'),
    join('third'),
  ]);
  return { keeper, north, south, first, second, third };
}
