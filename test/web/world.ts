import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { erc20Abi, type Hex, keccak256, parseEther, stringToBytes } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { artifact, buildTestContracts } from '../../bridge/build.ts';
import { RollupClient } from '../../bridge/client/rollupClient.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { devAccount } from '../../node/devnet/accounts.ts';
import { type Devnet, startDevnet } from '../../node/devnet/devnet.ts';
import { Cable } from '../../node/devnet/network/cable.ts';
import { startInstantDevnet } from '../e2e/support/instantDevnet.ts';
import { launchChromium } from './browser/chromium.ts';
import { Visit } from './browser/visit.ts';
import { TestWallet } from './wallet/testWallet.ts';

export interface WorldOptions {
  /** instant: the contract takes any batch proof, for the short run. */
  readonly proofs: 'real' | 'instant';
  readonly onStep?: (text: string) => void;
}

/** Somebody new, with ETH and test tokens on L1 and nothing on L2. */
export interface Person {
  readonly account: PrivateKeyAccount;
  readonly wallet: TestWallet;
}

const PERSON_ETH = parseEther('100');
const PERSON_TOKENS = parseEther('1000');

/** L1, a node with its page, a browser, and people with wallets. */
export class World {
  readonly devnet: Devnet;
  readonly browser: Browser;
  /** Between browser and node: to be cut. */
  readonly cable: Cable;
  /** For files that go with the world. */
  readonly folder: string;
  readonly #people = new Map<string, Person>();
  readonly #cleanup: (() => Promise<unknown>)[];
  #isMining = false;

  private constructor(
    parts: { devnet: Devnet; browser: Browser; cable: Cable; folder: string },
    cleanup: (() => Promise<unknown>)[],
  ) {
    this.devnet = parts.devnet;
    this.browser = parts.browser;
    this.cable = parts.cable;
    this.folder = parts.folder;
    this.#cleanup = cleanup;
  }

  /** @throws WebCheckError NO_BROWSER */
  static async open({ proofs, onStep = () => undefined }: WorldOptions): Promise<World> {
    const cleanup: (() => Promise<unknown>)[] = [];
    try {
      const browser = await launchChromium();
      cleanup.push(() => browser.close());
      const folder = await mkdtemp(path.join(os.tmpdir(), 'engram-web-'));
      cleanup.push(() => rm(folder, { recursive: true, force: true }));
      const devnet = await (proofs === 'real'
        ? startDevnet({ shapes: ['small'], fund: false, blockMs: 500, batchMs: 8_000, l1WaitMs: 4_000, onStep })
        : startInstantDevnet({ flags: { '--sequencer-batch-ms': 2_000, '--rpc-cors-origins': '*' } }));
      cleanup.push(() => devnet.stop());
      onStep('page');
      devnet.node.page?.prepare();
      await fetch(devnet.rpcUrl, { headers: { accept: 'text/html' } });
      const cable = await Cable.lay(Number(new URL(devnet.rpcUrl).port));
      cleanup.push(() => cable.stop());
      return new World({ devnet, browser, cable, folder }, cleanup);
    } catch (error) {
      for (const close of cleanup.reverse()) await close();
      throw error;
    }
  }

  /** The page, as the node serves it. */
  get url(): string {
    return `http://127.0.0.1:${this.cable.port}/`;
  }

  get l1() {
    return localClients(this.devnet.l1);
  }

  get token(): { readonly id: number; readonly address: Hex } {
    const token = this.devnet.tokens.find(({ id }) => id !== 0);
    if (token === undefined) throw new TypeError('the devnet has a test token');
    return token;
  }

  /** The same for the same name. */
  async person(name: string): Promise<Person> {
    const known = this.#people.get(name);
    if (known !== undefined) return known;
    const account = privateKeyToAccount(keccak256(stringToBytes(`engram test:web ${name}`)));
    await this.l1.testClient.setBalance({ address: account.address, value: PERSON_ETH });
    await this.mint(this.token.address, account.address);
    const networks = new Map([[this.devnet.l1.chain.id, this.devnet.l1Url]]);
    const wallet = new TestWallet({
      accounts: [account, privateKeyToAccount(keccak256(stringToBytes(`engram test:web second of ${name}`)))],
      networks,
      chainId: this.devnet.l1.chain.id,
    });
    const person = { account, wallet };
    this.#people.set(name, person);
    return person;
  }

  async mint(token: Hex, owner: Hex): Promise<void> {
    const { abi } = artifact(await buildTestContracts(), 'PlainToken');
    const wallet = this.l1.walletClient(devAccount('deployer').l1);
    const call = { address: token, abi, functionName: 'mint', args: [owner, PERSON_TOKENS] };
    await this.l1.publicClient.waitForTransactionReceipt({ hash: await wallet.writeContract(call) });
  }

  /** Of the contract, for reading and for what the deployer may do. */
  rollup(): Promise<RollupClient> {
    const { rollup, deployedAt } = this.devnet;
    const wallet = this.l1.walletClient(devAccount('deployer').l1);
    return RollupClient.open({ address: rollup, deployedAt }, { publicClient: this.l1.publicClient, wallet });
  }

  /** On L1, in base units. */
  balance(owner: Hex, token = 0): Promise<bigint> {
    if (token === 0) return this.l1.publicClient.getBalance({ address: owner });
    const { address } = this.token;
    return this.l1.publicClient.readContract({ address, abi: erc20Abi, functionName: 'balanceOf', args: [owner] });
  }

  /** What a transaction cost its sender in gas. */
  async gasPaid(hash: Hex): Promise<bigint> {
    const { gasUsed, effectiveGasPrice } = await this.l1.publicClient.waitForTransactionReceipt({ hash });
    return gasUsed * effectiveGasPrice;
  }

  visit(
    options: { readonly wallet?: TestWallet; readonly url?: string; readonly context?: BrowserContextOptions } = {},
  ): Promise<Visit> {
    const { url = this.url, ...rest } = options;
    return Visit.open(this.browser, url, rest);
  }

  /** Nothing is mined on L1 while `work` is done. */
  async withoutBlocks(work: () => Promise<void>): Promise<void> {
    const { testClient } = this.l1;
    await testClient.setAutomine(false);
    await testClient.setIntervalMining({ interval: 0 });
    try {
      await work();
    } finally {
      await testClient.setAutomine(true);
      await testClient.mine({ blocks: 1 });
      this.#keepMining();
    }
  }

  /** anvil does not go back to blocks by time and by transactions at once: the ones by time are made here from now on. */
  #keepMining(): void {
    if (this.#isMining) return;
    this.#isMining = true;
    const timer = setInterval(() => void this.l1.testClient.mine({ blocks: 1 }).catch(() => undefined), 1_000);
    this.#cleanup.push(async () => clearInterval(timer));
  }

  async stop(): Promise<void> {
    for (const close of this.#cleanup.splice(0).reverse()) await close();
  }
}
