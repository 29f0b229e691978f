import { type Chain, defineChain, type EIP1193Provider } from 'viem';
import { describe, expect, it } from 'vitest';
import { toTrouble } from '../transfers/trouble.ts';
import { switchTo } from './switchChain.ts';

const chain = defineChain({
  id: 31_337,
  name: 'Local',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: ['http://127.0.0.1:8545'] } },
});
const withoutEndpoint: Chain = { ...chain, rpcUrls: { default: { http: [] } } };

interface Manner {
  readonly isUnknown?: boolean;
  /** Says yes and does nothing. */
  readonly isLying?: boolean;
  readonly isNested?: boolean;
  readonly refuses?: string;
  readonly addSwitches?: boolean;
}

function wallet({ isUnknown = false, isLying = false, isNested = false, refuses, addSwitches = true }: Manner = {}) {
  let current = 1;
  let knows = !isUnknown;
  const asked: string[] = [];
  const request = async ({ method }: { method: string }): Promise<unknown> => {
    if (method === 'eth_chainId') return `0x${current.toString(16)}`;
    asked.push(method);
    if (method === refuses) throw Object.assign(new Error('User rejected'), { code: 4001 });
    if (method === 'wallet_addEthereumChain') {
      knows = true;
      if (addSwitches) current = chain.id;
      return null;
    }
    if (!knows) throw isNested ? { code: -32603, data: { originalError: { code: 4902 } } } : { code: 4902 };
    if (!isLying) current = chain.id;
    return null;
  };
  return { provider: { request } as Pick<EIP1193Provider, 'request'>, asked };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => toTrouble(error).code,
  );
}

describe('switchTo', () => {
  it('asks nothing of a wallet that is there already', async () => {
    const { provider, asked } = wallet();
    await switchTo(provider, { ...chain, id: 1 });
    expect(asked).toEqual([]);
  });

  it('asks the wallet to switch', async () => {
    const { provider, asked } = wallet();
    await switchTo(provider, chain);
    expect(asked).toEqual(['wallet_switchEthereumChain']);
  });

  it.each([false, true])(
    'adds a chain that the wallet does not know, however it says so (nested: %s)',
    async (isNested) => {
      const { provider, asked } = wallet({ isUnknown: true, isNested });
      await switchTo(provider, chain);
      expect(asked).toEqual(['wallet_switchEthereumChain', 'wallet_addEthereumChain']);
    },
  );

  it('asks again where adding is not switching', async () => {
    const { provider, asked } = wallet({ isUnknown: true, addSwitches: false });
    await switchTo(provider, chain);
    expect(asked).toEqual(['wallet_switchEthereumChain', 'wallet_addEthereumChain', 'wallet_switchEthereumChain']);
  });

  it('cannot add a chain whose endpoint it does not know', async () => {
    const { provider, asked } = wallet({ isUnknown: true });
    expect(await codeOf(switchTo(provider, withoutEndpoint))).toBe('WRONG_NETWORK');
    expect(asked).toEqual(['wallet_switchEthereumChain']);
  });

  it('takes no for an answer', async () => {
    const { provider, asked } = wallet({ refuses: 'wallet_switchEthereumChain' });
    expect(await codeOf(switchTo(provider, chain))).toBe('REJECTED');
    expect(asked).toEqual(['wallet_switchEthereumChain']);
  });

  it('does not believe a wallet that says yes and stays', async () => {
    const { provider } = wallet({ isLying: true });
    expect(await codeOf(switchTo(provider, chain))).toBe('WRONG_NETWORK');
  });
});
