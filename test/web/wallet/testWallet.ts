import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { BrowserContext } from 'playwright-core';
import { createWalletClient, defineChain, type Hex, http, isAddressEqual, type PrivateKeyAccount } from 'viem';
import { until } from '../until.ts';

const PROVIDER = new URL('./provider.js', import.meta.url);

/** EIP-1193. */
export const REJECTED = 4001;
const UNKNOWN_CHAIN = 4902;

export interface WalletRequest {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a hook makes of a request: nothing (it goes on), or the error that the page gets. */
export type WalletHook = (request: WalletRequest) => Promise<WalletError | undefined> | WalletError | undefined;

export class WalletError extends Error {
  override readonly name = 'WalletError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export interface TestWalletOptions {
  readonly accounts: readonly PrivateKeyAccount[];
  /** JSON-RPC by chain id. */
  readonly networks: ReadonlyMap<number, string>;
  readonly chainId: number;
  readonly name?: string;
}

/** After so long the page will not ask any more. */
const ASKED_MS = 120_000;

/** Methods that a person would have to confirm. */
const ASKING = new Set([
  'eth_requestAccounts',
  'eth_sendTransaction',
  'personal_sign',
  'eth_signTypedData_v4',
  'wallet_switchEthereumChain',
  'wallet_addEthereumChain',
]);

/**
 * A wallet whose person is the test: it signs for real with development keys, and says no, answers late or is elsewhere when told
 * to. One wallet can be in several browser contexts, as one wallet in several browsers.
 */
export class TestWallet {
  /** Everything it was asked that a person would have to confirm. */
  readonly asked: WalletRequest[] = [];
  /** Hashes of what it sent. */
  readonly sent: Hex[] = [];
  readonly #options: TestWalletOptions;
  readonly #networks: Map<number, string>;
  readonly #hooks: { readonly method: string; readonly hook: WalletHook }[] = [];
  readonly #listeners = new Set<(event: string) => void>();
  #account: PrivateKeyAccount;
  #chainId: number;
  /** Browsers that it was connected in: each has the wallet anew. */
  readonly #connected = new WeakSet<BrowserContext>();

  constructor(options: TestWalletOptions) {
    const [account] = options.accounts;
    if (account === undefined) throw new TypeError('a wallet has an account');
    this.#options = options;
    this.#networks = new Map(options.networks);
    this.#account = account;
    this.#chainId = options.chainId;
  }

  get address(): Hex {
    return this.#account.address;
  }

  get chainId(): number {
    return this.#chainId;
  }

  get name(): string {
    return this.#options.name ?? 'Test Wallet';
  }

  /** All of its accounts. */
  get addresses(): readonly Hex[] {
    return this.#options.accounts.map(({ address }) => address);
  }

  /** How often a method was asked. */
  count(method: string): number {
    return this.asked.filter((request) => request.method === method).length;
  }

  addNetwork(chainId: number, url: string): void {
    this.#networks.set(chainId, url);
  }

  /** What was to happen once and did not, does not. */
  clearHooks(): void {
    this.#hooks.splice(0);
  }

  /** The next request of the method goes through `hook` first. */
  once(method: string, hook: WalletHook): void {
    this.#hooks.push({ method, hook });
  }

  /** The person declines the next request of the method. */
  rejectOnce(method: string): void {
    this.once(method, () => new WalletError(REJECTED, 'User rejected the request.'));
  }

  /** The person thinks about the next request of the method until `release`. */
  holdOnce(method: string): { asked(): Promise<unknown>; release(verdict?: WalletError): void } {
    let release: (verdict?: WalletError) => void = () => undefined;
    const verdict = new Promise<WalletError | undefined>((resolve) => {
      release = resolve;
    });
    let isAsked = false;
    this.once(method, () => {
      isAsked = true;
      return verdict;
    });
    return {
      asked: () => until(`the wallet is asked: ${method}`, async () => isAsked, ASKED_MS),
      release: (by) => release(by),
    };
  }

  /** The person chooses another network, or another account, in the wallet itself. */
  switchChain(chainId: number): void {
    this.#chainId = chainId;
    this.#tell('chainChanged', `0x${chainId.toString(16)}`);
  }

  /** @param isTold a wallet that tells nobody is a bad one, and there are such */
  switchAccount(address: Hex, isTold = true): void {
    const account = this.#options.accounts.find((own) => isAddressEqual(own.address, address));
    if (account === undefined) throw new TypeError(`the wallet has no ${address}`);
    this.#account = account;
    if (isTold) this.#tell('accountsChanged', [account.address]);
  }

  /** Puts it into every page of the context, before the page's own scripts. */
  async installIn(context: BrowserContext): Promise<void> {
    const info = {
      uuid: randomUUID(),
      name: this.name,
      icon: 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>',
      rdns: 'test.engram.wallet',
    };
    const script = (await readFile(PROVIDER, 'utf8')).replace(
      '__INFO__',
      JSON.stringify(info).replace(/[\\']/g, '\\$&'),
    );
    await context.exposeFunction('__testWalletRequest', (text: string) => this.#answer(text, context));
    await context.exposeFunction('__testWalletEvent', () => this.#nextEvent());
    await context.addInitScript(script);
  }

  #nextEvent(): Promise<string> {
    return new Promise((resolve) => {
      const listener = (event: string): void => {
        this.#listeners.delete(listener);
        resolve(event);
      };
      this.#listeners.add(listener);
    });
  }

  #tell(name: string, data: unknown): void {
    for (const listener of [...this.#listeners]) listener(JSON.stringify({ name, data }));
  }

  async #answer(text: string, browser: BrowserContext): Promise<string> {
    const request = JSON.parse(text) as WalletRequest; // provider.js wrote it
    try {
      if (ASKING.has(request.method)) this.asked.push(request);
      const at = this.#hooks.findIndex(({ method }) => method === request.method);
      const [hooked] = at < 0 ? [] : this.#hooks.splice(at, 1);
      const verdict = await hooked?.hook(request);
      if (verdict !== undefined) throw verdict;
      return JSON.stringify({ result: (await this.#do(request, browser)) ?? null });
    } catch (error) {
      const {
        code = -32603,
        message = 'internal error',
        data,
      } = error as { code?: number; message?: string; data?: unknown };
      return JSON.stringify({ error: { code: typeof code === 'number' ? code : -32603, message, data } });
    }
  }

  async #do({ method, params }: WalletRequest, browser: BrowserContext): Promise<unknown> {
    switch (method) {
      case 'eth_requestAccounts':
        this.#connected.add(browser);
        return [this.#account.address];
      case 'eth_accounts':
        return this.#connected.has(browser) ? [this.#account.address] : [];
      case 'wallet_requestPermissions':
        this.#connected.add(browser);
        return this.#permissions();
      case 'wallet_getPermissions':
        return this.#connected.has(browser) ? this.#permissions() : [];
      case 'wallet_revokePermissions':
        this.#connected.delete(browser);
        return null;
      case 'eth_chainId':
        return `0x${this.#chainId.toString(16)}`;
      case 'net_version':
        return String(this.#chainId);
      case 'wallet_switchEthereumChain':
        return this.#switchTo(params[0]);
      case 'wallet_addEthereumChain':
        return this.#add(params[0]);
      case 'personal_sign':
        this.#own(params[1]);
        return this.#account.signMessage({ message: { raw: params[0] as Hex } }); // as every wallet is asked
      case 'eth_signTypedData_v4':
        this.#own(params[0]);
        return this.#account.signTypedData(JSON.parse(String(params[1])));
      case 'eth_sendTransaction':
        return this.#send(params[0]);
      default:
        return this.#forward({ method, params });
    }
  }

  async #send(given: unknown): Promise<Hex> {
    const { from, to, data, value, gas, chainId } = given as Readonly<Record<string, Hex | undefined>>; // JSON-RPC's transaction
    this.#own(from);
    if (chainId !== undefined && Number(chainId) !== this.#chainId) {
      throw new WalletError(-32602, 'the transaction is for another chain than the wallet is on');
    }
    const client = createWalletClient({ account: this.#account, chain: this.#chain(), transport: http(this.#url()) });
    const hash = await client.sendTransaction({
      to: to ?? null,
      ...(data !== undefined && { data }),
      ...(value !== undefined && { value: BigInt(value) }),
      ...(gas !== undefined && { gas: BigInt(gas) }),
    });
    this.sent.push(hash);
    return hash;
  }

  /** A wallet signs for the account it shows, and for no other. */
  #own(address: unknown): void {
    if (typeof address !== 'string' || address.toLowerCase() !== this.#account.address.toLowerCase()) {
      throw new WalletError(4100, 'The requested account has not been authorized by the user.');
    }
  }

  #switchTo(parameter: unknown): null {
    const id = Number((parameter as { chainId: Hex }).chainId); // EIP-3326
    if (!this.#networks.has(id)) throw new WalletError(UNKNOWN_CHAIN, 'Unrecognized chain ID.');
    if (id !== this.#chainId) this.switchChain(id);
    return null;
  }

  #add(parameter: unknown): null {
    const { chainId, rpcUrls } = parameter as { chainId: Hex; rpcUrls: readonly string[] }; // EIP-3085
    const [url] = rpcUrls;
    if (url === undefined || !URL.canParse(url))
      throw new WalletError(-32602, 'Expected an array with at least one valid URL.');
    this.#networks.set(Number(chainId), url);
    return this.#switchTo({ chainId });
  }

  #permissions(): object[] {
    return [
      { parentCapability: 'eth_accounts', caveats: [{ type: 'restrictReturnedAccounts', value: [this.address] }] },
    ];
  }

  #url(): string {
    const url = this.#networks.get(this.#chainId);
    if (url === undefined) throw new WalletError(UNKNOWN_CHAIN, 'Unrecognized chain ID.');
    return url;
  }

  #chain() {
    return defineChain({
      id: this.#chainId,
      name: `chain ${this.#chainId}`,
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [this.#url()] } },
    });
  }

  async #forward({ method, params }: WalletRequest): Promise<unknown> {
    const response = await fetch(this.#url(), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as {
      result?: unknown;
      error?: { code: number; message: string };
    };
    if (error !== undefined) throw Object.assign(new WalletError(error.code, error.message), { data: error });
    return result;
  }
}
