import { type Account, type Chain, type PublicClient, publicActions, type Transport, type WalletClient } from 'viem';
import { BridgeError } from '../../bridge/client/errors.ts';
import { SdkError } from '../errors.ts';

/** A viem wallet client of L1, with a local account or a browser's wallet. */
export type L1Wallet = WalletClient<Transport, Chain | undefined, Account>;

/** What the bridge's clients are opened with. */
export interface L1Clients {
  readonly publicClient: PublicClient;
  readonly wallet: WalletClient<Transport, Chain, Account>;
}

/**
 * A client of a contract on L1 that is opened by its first use; after a failure the next use tries again.
 * @throws (what is returned) SdkError CHAIN_MISMATCH, BridgeError L1_UNREACHABLE and those of `open`
 */
export function openedOnUse<T>(
  wallet: L1Wallet,
  l1ChainId: number,
  open: (clients: L1Clients) => Promise<T>,
): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= l1Clients(wallet, l1ChainId).then(open);
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
}

async function l1Clients(wallet: L1Wallet, l1ChainId: number): Promise<L1Clients> {
  // viem's public actions are all that is asked of a public client; its type is that of another constructor
  const publicClient = wallet.extend(publicActions) as unknown as PublicClient;
  const found = await publicClient.getChainId().catch((cause: unknown) => {
    throw new BridgeError('L1_UNREACHABLE', {}, { cause });
  });
  if (found !== l1ChainId) {
    throw new SdkError('CHAIN_MISMATCH', 'the wallet is on another L1', { expected: l1ChainId, found });
  }
  // the chain was just compared
  return { publicClient, wallet: wallet as L1Clients['wallet'] };
}
