import type { EIP1193Provider } from 'viem';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, disconnect, getConnection, reconnect } from 'wagmi/actions';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { walletConfig } from './wallet.ts';

const config: WebConfig = {
  version: 1,
  name: 'test',
  l1: { chainId: 31_337, name: 'L1', confirmations: 0, blockSeconds: 12 },
  l2: { chainId: 7_001 },
  rollup: `0x${'aa'.repeat(20)}`,
  deployedAt: 0,
  pace: { batchSeconds: 60, proofSeconds: 120 },
};
const [ALICE, MALLORY] = [`0x${'a1'.repeat(20)}`, `0x${'66'.repeat(20)}`] as const;

const moment = () => new Promise((resolve) => setTimeout(resolve, 5));

/** An announced wallet (EIP-6963) that is connected already, as far as it says. */
class Announced {
  readonly asked: string[] = [];
  readonly #listeners = new Map<string, Set<(value: unknown) => void>>();
  readonly #account: string;

  constructor(account: string, name: string, uuid = name) {
    this.#account = account;
    const info = { uuid, name, rdns: `example.${name}`, icon: 'data:image/png;base64,' };
    const detail = Object.freeze({ info, provider: this as unknown as EIP1193Provider });
    window.dispatchEvent(Object.assign(new Event('eip6963:announceProvider'), { detail }));
  }

  async request({ method }: { method: string }): Promise<unknown> {
    this.asked.push(method);
    if (method === 'eth_chainId') return '0x7a69';
    if (method === 'wallet_requestPermissions') throw new Error('unknown method');
    return [this.#account];
  }

  on(event: string, listener: (value: unknown) => void): void {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener));
  }

  removeListener(event: string, listener: (value: unknown) => void): void {
    this.#listeners.get(event)?.delete(listener);
  }

  async says(event: string, value: unknown): Promise<void> {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(value);
    await moment();
  }
}

beforeEach(() => {
  const kept = new Map<string, string>();
  const localStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  vi.stubGlobal('window', Object.assign(new EventTarget(), { localStorage }));
});
afterEach(() => void vi.unstubAllGlobals());

describe('a wallet that nobody chose', () => {
  it.each([
    ['before any is connected', false],
    ['in the place of the one that is', true],
  ])('does not connect itself, %s', async (_when, isOther) => {
    const wallets = walletConfig(config);
    await moment(); // it reads what it remembers
    const chosen = new Announced(ALICE, 'chosen');
    const early = new Announced(MALLORY, 'early');
    await early.says('connect', { chainId: '0x7a69' });
    await early.says('accountsChanged', [MALLORY]);
    expect(getConnection(wallets).address).toBeUndefined();
    const connector = wallets.connectors.find(({ name }) => name === 'chosen') ?? expect.unreachable();
    if (isOther) await connect(wallets, { connector });
    const late = new Announced(MALLORY, 'late');
    for (const wallet of [early, late]) {
      await wallet.says('connect', { chainId: '0x7a69' });
      await wallet.says('accountsChanged', [MALLORY]);
    }
    expect(getConnection(wallets).address?.toLowerCase()).toBe(isOther ? ALICE : undefined);
    if (!isOther) return;
    // the user's own choice of another account counts, and the end of it
    await disconnect(wallets, { connector });
    await chosen.says('connect', { chainId: '0x7a69' });
    await chosen.says('accountsChanged', [ALICE]);
    expect(getConnection(wallets).address).toBeUndefined();
    await connect(wallets, { connector });
    await chosen.says('accountsChanged', [MALLORY]);
    expect(getConnection(wallets).address?.toLowerCase()).toBe(MALLORY);
  });
});

describe('a page that is loaded', () => {
  const load = async (...announced: readonly (readonly [account: string, name: string, uuid?: string])[]) => {
    vi.stubGlobal('window', Object.assign(new EventTarget(), { localStorage: window.localStorage }));
    const wallets = walletConfig(config);
    await moment();
    for (const wallet of announced) new Announced(...wallet);
    return wallets;
  };
  const found = async (wallets: Awaited<ReturnType<typeof load>>): Promise<string | undefined> => {
    await reconnect(wallets);
    return getConnection(wallets).address?.toLowerCase();
  };

  it('is connected to the wallet that was chosen before, and to no other that says it is allowed to', async () => {
    expect(await found(await load([MALLORY, 'early']))).toBeUndefined();
    const first = await load([ALICE, 'chosen']);
    await connect(first, { connector: first.connectors[0] ?? expect.unreachable() });
    expect(await found(await load([MALLORY, 'early'], [ALICE, 'chosen']))).toBe(ALICE);
    expect(await found(await load([MALLORY, 'early']))).toBeUndefined();
  });

  it('leaves the choice to the user where another calls itself the same', async () => {
    const first = await load([ALICE, 'chosen']);
    await connect(first, { connector: first.connectors[0] ?? expect.unreachable() });
    vi.stubGlobal('window', Object.assign(new EventTarget(), { localStorage: window.localStorage }));
    // both are there before the page is
    window.addEventListener('eip6963:requestProvider', () => {
      new Announced(MALLORY, 'chosen', 'first');
      new Announced(ALICE, 'chosen', 'second');
    });
    const wallets = walletConfig(config);
    await moment();
    expect(wallets.connectors).toHaveLength(2);
    expect(await found(wallets)).toBeUndefined();
  });
});
