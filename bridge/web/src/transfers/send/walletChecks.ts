import { type Address, isAddressEqual } from 'viem';
import { getAddresses, getChainId } from 'viem/actions';
import type { L1Wallet } from '../../../../../sdk/bridge/l1Wallet.ts';
import type { LaneWallet } from '../../../../../sdk/lane/sendOnLane.ts';
import { TransferError, toTrouble, walletTrouble } from '../trouble.ts';

/**
 * Asks the wallet which chain and account it has now: both may have changed since the page was drawn.
 * @throws TransferError WRONG_NETWORK, ACCOUNT_CHANGED, WALLET_DISCONNECTED, WALLET_BUSY
 */
export async function checkWallet(
  wallet: L1Wallet | LaneWallet,
  expected: { chainId: number; owner: Address },
): Promise<void> {
  const found = await ask(() => getChainId(wallet));
  if (found !== expected.chainId) throw new TransferError('WRONG_NETWORK', { expected: expected.chainId, found });
  // an account whose key is here cannot be changed by anybody
  if (wallet.account.type === 'local') return;
  const addresses = await ask(() => getAddresses(wallet));
  if (addresses.length === 0) throw new TransferError('WALLET_DISCONNECTED');
  const [current] = addresses;
  if (current === undefined || !addresses.some((address) => isAddressEqual(address, expected.owner))) {
    throw new TransferError('ACCOUNT_CHANGED', { expected: expected.owner, found: current ?? '' });
  }
}

async function ask<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    const { code } = walletTrouble(error) ?? toTrouble(error);
    throw code === 'WALLET_BUSY' || code === 'WALLET_DISCONNECTED'
      ? new TransferError(code, {}, { cause: error })
      : new TransferError('L1_UNREACHABLE', {}, { cause: error });
  }
}
