/** Who takes part: a ledger key, its account of the market's token, a client that signs with it. */

import type { AccountIndex } from '../../../protocol/types.ts';
import { type LedgerAccount, ledgerAccount } from '../../../sdk/accounts/ledgerAccount.ts';
import { fetchEngramChain } from '../../../sdk/chain.ts';
import { createLedgerClient, type LedgerClient } from '../../../sdk/client.ts';
import { sha256Bytes } from '../../../sdk/models/sha256.ts';
import type { World } from '../world.ts';

export interface Party {
  readonly name: string;
  readonly account: LedgerAccount;
  readonly index: AccountIndex;
  readonly client: LedgerClient;
}

/** The devnet's people who have deposited, by name; then others whom `payer` gives accounts with `amount` each. */
export async function gather(
  world: World,
  { payer, others, amount }: { payer: 'grace'; others: readonly string[]; amount: bigint },
): Promise<ReadonlyMap<string, Party>> {
  const token = world.token.id;
  const chain = await fetchEngramChain(world.devnet.rpcUrl);
  const clientOf = (account: LedgerAccount) => createLedgerClient({ chain, account, pollingIntervalMs: 100 });
  const parties = new Map<string, Party>();
  for (const person of world.people) {
    const account = ledgerAccount({ seed: person.account.seed });
    const { name } = person;
    parties.set(name, { name, account, index: person.indexOf(token), client: clientOf(account) });
  }
  const from = world.who(payer);
  for (const [n, name] of others.entries()) {
    const account = ledgerAccount({ seed: sha256Bytes(new TextEncoder().encode(`engram demo ${name}`)) });
    const owner = { key: account.key, address: 0xa000000000000000000000000000000000000000n + BigInt(n) };
    await from.send(token, [from.register(token, owner, amount)]);
    const client = clientOf(account);
    const [found] = await client.getAccounts(account);
    if (found === undefined) throw new RangeError(`${name} was not registered`);
    world.book.move(`ledger:${payer}:${token}`, `ledger:${name}:${token}`, amount);
    world.track(name, token, found.index);
    parties.set(name, { name, account, index: found.index as AccountIndex, client });
  }
  return parties;
}
