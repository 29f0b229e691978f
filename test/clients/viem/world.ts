import {
  type Abi,
  type Account,
  createPublicClient,
  createWalletClient,
  defineChain,
  encodeDeployData,
  type Hex,
  http,
  parseAbi,
  type TransactionReceipt,
  webSocket,
} from 'viem';
import { present, same } from '../check.ts';
import { type Network, person } from '../network.ts';
import { abiText, type SuiteCode, type SuiteContract } from '../suiteContracts.ts';

/** viem's clients as a program would make them, and what the features share. */
export class ViemWorld {
  readonly network: Network;
  readonly me = person('viem').account;
  readonly code: SuiteCode;
  readonly chain;
  readonly client;
  readonly wallet;
  readonly socket;
  readonly #deployed = new Map<SuiteContract, Promise<Hex>>();

  constructor(network: Network, code: SuiteCode) {
    this.network = network;
    this.code = code;
    this.chain = defineChain({
      id: network.chainId,
      name: 'suite',
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [network.url], webSocket: [network.wsUrl] } },
    });
    const common = { chain: this.chain, pollingInterval: 50, cacheTime: 0 } as const;
    this.client = createPublicClient({ ...common, transport: http(network.url) });
    this.wallet = createWalletClient({ ...common, account: this.me, transport: http(network.url) });
    this.socket = createPublicClient({ ...common, transport: webSocket(network.wsUrl) });
  }

  walletOf(account: Account) {
    return createWalletClient({ chain: this.chain, account, transport: http(this.network.url), pollingInterval: 50 });
  }

  async mined(hash: Hex): Promise<TransactionReceipt> {
    const receipt = await this.client.waitForTransactionReceipt({ hash });
    same(receipt.status, 'success', `status of ${hash}`);
    return receipt;
  }

  async deploy(name: SuiteContract, args: readonly unknown[] = []): Promise<Hex> {
    const abi = parseAbi(abiText[name] as readonly string[]) as Abi;
    const data = encodeDeployData({ abi, bytecode: this.code[name], args });
    const hash = await this.wallet.sendTransaction({ data });
    return present((await this.mined(hash)).contractAddress, `address of ${name}`);
  }

  /** One of the kind for all features. */
  shared(name: 'VoteToken' | 'Failures' | 'Wallet7702' | 'Multicall' | 'Stress'): Promise<Hex> {
    const known = this.#deployed.get(name) ?? this.deploy(name, name === 'VoteToken' ? [10n ** 24n] : []);
    this.#deployed.set(name, known);
    return known;
  }

  /** Something happens on the chain, so that there is another block. */
  async anotherBlock(): Promise<TransactionReceipt> {
    return this.mined(await this.wallet.sendTransaction({ to: this.me.address, value: 0n }));
  }

  /** A method viem has no action for; the schema checks say what it gives. */
  raw<T>(method: string, params: readonly unknown[]): Promise<T> {
    const request = this.client.request as (call: { method: string; params: readonly unknown[] }) => Promise<unknown>;
    return request({ method, params }) as Promise<T>;
  }

  async stop(): Promise<void> {
    const { close } = await this.socket.transport.getRpcClient();
    close();
  }
}
