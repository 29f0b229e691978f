/** A local L1 with a deployment on real verifiers, whose blocks the test controls. */
import type { PublicClient } from 'viem';
import { artifact, buildTestContracts } from '../../../bridge/build.ts';
import { RollupClient } from '../../../bridge/client/rollupClient.ts';
import type { RollupSettings } from '../../../bridge/deploy/deploy.ts';
import { type LocalL1, localClients, startLocalL1 } from '../../../bridge/deploy/localL1.ts';
import { DEV_ACCOUNT_COUNT, type DevName, devAccount } from '../../../node/devnet/accounts.ts';
import { type DevDeployment, type DevToken, deployDevnet, devCircuits } from '../../../node/devnet/deployment.ts';

export const L2_CHAIN_ID = 7_171n;
const HEARTBEAT_MS = 500;

export class Settlement {
  readonly l1: LocalL1;
  readonly clients: ReturnType<typeof localClients>;
  readonly deployment: DevDeployment;
  readonly #heartbeat: NodeJS.Timeout;
  #isMining = true;

  private constructor(l1: LocalL1, deployment: DevDeployment) {
    this.l1 = l1;
    this.clients = localClients(l1);
    this.deployment = deployment;
    // Blocks come with every transaction and, so that these get buried, at a pace.
    this.#heartbeat = setInterval(() => {
      if (this.#isMining) void this.clients.testClient.mine({ blocks: 1 }).catch(() => undefined);
    }, HEARTBEAT_MS);
  }

  /** `small` batches and account proofs with their real circuits. */
  static async start(settings: Partial<RollupSettings> = {}): Promise<Settlement> {
    const circuits = await devCircuits({ shapes: ['small'] });
    const l1 = await startLocalL1({ accounts: DEV_ACCOUNT_COUNT });
    try {
      return new Settlement(l1, await deployDevnet({ l2ChainId: L2_CHAIN_ID, settings }, { l1, circuits }));
    } catch (error) {
      await l1.stop();
      throw error;
    }
  }

  /** Client of the contract with somebody's L1 account. */
  async as(name: DevName): Promise<RollupClient> {
    const { rollup, deployedAt } = this.deployment;
    return RollupClient.open(
      { address: rollup, deployedAt: BigInt(deployedAt) },
      {
        publicClient: this.clients.publicClient as PublicClient,
        wallet: this.clients.walletClient(devAccount(name).l1),
      },
    );
  }

  /** Lets time pass on L1. */
  async warp(seconds: number): Promise<void> {
    await this.clients.testClient.increaseTime({ seconds });
    await this.clients.testClient.mine({ blocks: 1 });
  }

  async now(): Promise<number> {
    return Number((await this.clients.publicClient.getBlock()).timestamp);
  }

  /** Gives somebody test tokens on L1. */
  async mint(name: DevName, amount: bigint): Promise<void> {
    const { abi } = artifact(await buildTestContracts(), 'PlainToken');
    const wallet = this.clients.walletClient(devAccount('deployer').l1);
    const args = [devAccount(name).l1.address, amount];
    const hash = await wallet.writeContract({ address: this.token.address, abi, functionName: 'mint', args });
    await this.clients.publicClient.waitForTransactionReceipt({ hash });
  }

  /** The test token (an ERC-20). */
  get token(): DevToken {
    const token = this.deployment.tokens.find(({ id }) => id !== 0);
    if (token === undefined) throw new TypeError('the deployment has no token');
    return token;
  }

  /** Transactions stay in the pool until `resume`. */
  async pause(): Promise<void> {
    this.#isMining = false;
    await this.clients.testClient.setAutomine(false);
  }

  async resume(): Promise<void> {
    await this.clients.testClient.setAutomine(true);
    await this.clients.testClient.mine({ blocks: 1 });
    this.#isMining = true;
  }

  /** Replaces the last blocks, from `block` on, by empty ones. Only while paused. */
  async dropFrom(block: bigint): Promise<void> {
    const latest = await this.clients.publicClient.getBlockNumber();
    await this.#anvil('anvil_reorg', [Number(latest - block + 1n), []]);
  }

  /** Transactions that wait are gone, as when a node of L1 restarts. */
  async forgetPool(): Promise<void> {
    await this.#anvil('anvil_dropAllTransactions', []);
  }

  async stop(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.l1.stop();
  }

  /** Methods that viem does not know. */
  async #anvil(method: string, params: readonly unknown[]): Promise<void> {
    const response = await fetch(this.l1.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { error } = (await response.json()) as { error?: { message: string } };
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  }
}
