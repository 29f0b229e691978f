import { type Chain, type EIP1193Provider, numberToHex } from 'viem';
import { TransferError } from '../transfers/trouble.ts';

/** The wallet does not know the chain (EIP-3085); some say it inside of another error. */
const UNKNOWN_CHAIN = 4902;

/**
 * Asks the wallet to be on a chain, and to add it if it does not know it and the page knows an endpoint.
 * @throws TransferError WRONG_NETWORK if it is elsewhere afterwards, whatever it answered; what the wallet throws
 */
export async function switchTo(provider: Pick<EIP1193Provider, 'request'>, chain: Chain): Promise<void> {
  if ((await chainOfWallet(provider)) === chain.id) return;
  const ask = () =>
    provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId: numberToHex(chain.id) }] });
  try {
    await ask();
  } catch (error) {
    const rpcUrls = chain.rpcUrls.default.http.filter((url) => url !== '');
    if (!isUnknownChain(error) || rpcUrls.length === 0) throw error;
    await provider.request({
      method: 'wallet_addEthereumChain',
      params: [
        {
          chainId: numberToHex(chain.id),
          chainName: chain.name,
          nativeCurrency: chain.nativeCurrency,
          rpcUrls,
          ...(chain.blockExplorers !== undefined && { blockExplorerUrls: [chain.blockExplorers.default.url] }),
        },
      ],
    });
    // adding is not switching everywhere
    if ((await chainOfWallet(provider)) !== chain.id) await ask();
  }
  const found = await chainOfWallet(provider);
  if (found !== chain.id) throw new TransferError('WRONG_NETWORK', { expected: chain.id, found });
}

/** What the wallet itself says, not what an event said before. */
export async function chainOfWallet(provider: Pick<EIP1193Provider, 'request'>): Promise<number> {
  return Number(await provider.request({ method: 'eth_chainId' }));
}

function isUnknownChain(error: unknown): boolean {
  const { code, data } = (error ?? {}) as { code?: unknown; data?: { originalError?: { code?: unknown } } }; // anything may be thrown
  return code === UNKNOWN_CHAIN || data?.originalError?.code === UNKNOWN_CHAIN;
}
