import { packState, unpackState } from '../../protocol/account.ts';
import { bigintToBytes, bytesToBigint } from '../../protocol/bytes.ts';
import { LEDGER_READ } from '../../protocol/lane/addresses.ts';
import { type Account, type AccountIndex, type FeeLanes, Kind } from '../../protocol/types.ts';
import { hexBytes } from '../evm/crypto.ts';
import { leafSlot } from '../evm/precompiles/layout.ts';
import type { StateView } from '../evm/state/stateStore.ts';
import { invalid } from './invalid.ts';

/** Accounts looked up at once. */
const AT_ONCE = 32;
const ADDRESS = hexBytes(LEDGER_READ);

/**
 * Compares the ledger as contracts see it with the ledger: the same, but for what the batch's close credited, which contracts see with the next block.
 * @returns the accounts it credited, by index: the first block after the snapshot writes them into the mirror
 * @throws ChainError SNAPSHOT_INVALID; EvmError STATE_MISSING
 */
export async function carriedAccounts(
  accounts: AsyncIterable<readonly [AccountIndex, Account]>,
  { view, feeAccounts }: { view: StateView; feeAccounts: FeeLanes },
): Promise<AccountIndex[]> {
  const carried: AccountIndex[] = [];
  let waiting: (readonly [AccountIndex, Account])[] = [];
  const compare = async (): Promise<void> => {
    const found = await Promise.all(
      waiting.map(([index, account]) => isCarried(index, account, { view, feeAccounts })),
    );
    carried.push(...waiting.flatMap(([index], i) => (found[i] === true ? [index] : [])));
    waiting = [];
  };
  for await (const entry of accounts) {
    waiting.push(entry);
    if (waiting.length === AT_ONCE) await compare();
  }
  await compare();
  return carried;
}

async function isCarried(
  index: AccountIndex,
  account: Account,
  { view, feeAccounts }: { view: StateView; feeAccounts: FeeLanes },
): Promise<boolean> {
  const slot = leafSlot(index);
  const words = [0n, 1n, 2n, 3n].map(async (i) => bytesToBigint(await view.slot(ADDRESS, bigintToBytes(slot + i, 32))));
  const [state = 0n, a, b, c] = await Promise.all(words);
  if (state === 0n || a !== account.a || b !== account.b || c !== account.c)
    throw invalid('mirror of an account', { index });
  if (state === packState(account)) return false;
  const { balance } = unpackState(state);
  const isCredited = balance < account.balance && packState({ ...account, balance }) === state;
  // Fees go to the accounts the batch names, royalties to models.
  const isEntitled = account.kind === Kind.ATTEST || (account.kind === Kind.KEY && feeAccounts.includes(index));
  if (!isCredited || !isEntitled) throw invalid('mirror of an account', { index });
  return true;
}
