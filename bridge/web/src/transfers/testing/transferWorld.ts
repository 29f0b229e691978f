/** The engine on real contracts: a local L1, batches made by hand, a wallet that tests can play with, a node that says what it is told. */
import {
  type Account,
  type Address,
  createPublicClient,
  createWalletClient,
  custom,
  type EIP1193RequestFn,
  type Hex,
  type PublicClient,
  toHex,
} from 'viem';
import { actor, exit, signed } from '../../../../../protocol/testing/actors.ts';
import type { SignedTx } from '../../../../../protocol/types.ts';
import type { L1Wallet } from '../../../../../sdk/bridge/l1Wallet.ts';
import { type EngramChain, engramChain } from '../../../../../sdk/chain.ts';
import { createLedgerClient } from '../../../../../sdk/client.ts';
import type { WebConfig } from '../../../../../sdk/webConfig.ts';
import type { PostedBatch, QueueEntry } from '../../../../client/types.ts';
import { Fixture, TEST_L2_CHAIN_ID } from '../../../../testing/fixture.ts';
import { LaneWorld } from '../../../../testing/laneWorld.ts';
import { ANY_PROOF } from '../../../../testing/ledger.ts';
import type { Bridge, BridgeOptions } from '../api.ts';
import { openBridge } from '../openBridge.ts';
import type { StepName, Transfer } from '../types.ts';
import { MemoryStorage } from './memoryBrowser.ts';

interface Call {
  readonly method: string;
  readonly params?: unknown;
}

/** What a wallet or a node does with a call; `pass` does what it would do otherwise. */
export type Hook = (call: Call, pass: () => Promise<unknown>) => Promise<unknown>;

/** An error as wallets throw it. */
export function providerError(code: number, message: string): Error & { code: number } {
  return Object.assign(new Error(message), { code });
}

/** As JSON-RPC's errors of the node reach the SDK. */
export function nodeError(code: number, reason: string): Error {
  return Object.assign(new Error('refused'), { code, data: { code: reason, details: {} } });
}

/** A node that answers what it is told; undefined entries do not exist on it. */
export class ToldNode {
  readonly calls: Call[] = [];
  readonly answers: Record<string, (params: readonly unknown[]) => unknown> = {
    engram_getLane: () => ({
      heads: { latest: '0', safe: '0', finalized: '0' },
      attestedBatch: 0,
      inboxCount: '0',
      outbox: { root: toHex(0, { size: 32 }), count: '0' },
    }),
    engram_getWithdrawals: () => [],
    engram_getExits: () => ({ items: [] }),
    engram_getBlock: () => null,
    engram_getBatch: () => null,
  };
  isAway = false;

  readonly request = async ({ method, params }: Call): Promise<unknown> => {
    this.calls.push({ method, params });
    if (this.isAway) throw nodeError(-32002, 'STOPPED');
    const answer = this.answers[method];
    if (answer === undefined) throw nodeError(-32601, 'METHOD_NOT_FOUND');
    return answer((params ?? []) as readonly unknown[]); // JSON-RPC's are lists
  };
}

export class TransferWorld {
  readonly f: Fixture;
  readonly lane: LaneWorld;
  readonly config: WebConfig;
  readonly chain: EngramChain;
  readonly alice: Address;
  readonly bob: Address;
  #nonce = 0;

  private constructor(f: Fixture, lane: LaneWorld) {
    const { address: rollup, deployedAt, evmLane } = f.deployment;
    this.f = f;
    this.lane = lane;
    this.alice = f.alice.account;
    this.bob = f.bob.account;
    this.config = {
      version: 1,
      name: 'test',
      l1: { chainId: 31_337, name: 'L1', confirmations: 0, blockSeconds: 12 },
      l2: { chainId: Number(TEST_L2_CHAIN_ID) },
      ...{ rollup, deployedAt: Number(deployedAt), evmLane },
      pace: { batchSeconds: 60, proofSeconds: 120 },
    };
    this.chain = engramChain({
      ...{ id: Number(TEST_L2_CHAIN_ID), rpcUrl: 'http://localhost:1', l1: { id: 31_337 }, rollup, evmLane },
      rollupDeployedAt: deployedAt,
    });
  }

  static async start(): Promise<TransferWorld> {
    const f = await Fixture.start();
    return new TransferWorld(f, await LaneWorld.open(f));
  }

  /** A client of L1; `hook` stands between. */
  l1(hook: Hook = (_call, pass) => pass()): PublicClient {
    const { publicClient } = this.f.clients;
    const request = (call: Call) => hook(call, () => publicClient.request(call as never));
    // viem's type of a client without a chain is another one
    return createPublicClient({
      transport: custom({ request }, { retryCount: 0 }),
      pollingInterval: 30,
      cacheTime: 0,
    }) as unknown as PublicClient;
  }

  node(told: ToldNode) {
    const transport = custom({ request: told.request as EIP1193RequestFn }, { retryCount: 0 });
    return createLedgerClient({ chain: this.chain, transport });
  }

  open(more: Partial<BridgeOptions> & { readonly told?: ToldNode } = {}): Bridge {
    const { told, ...options } = more;
    return openBridge({
      config: this.config,
      l1: this.l1(),
      storage: new MemoryStorage(),
      now: () => this.#clock(),
      ...(told !== undefined && { node: this.node(told) }),
      ...options,
    });
  }

  /** Seconds that tests let pass; by itself the engine's clock stands. */
  ahead = 0;
  readonly #start = Date.now();
  #clock(): number {
    return this.#start + this.ahead * 1000;
  }

  /** A browser's wallet with Alice's account: anvil signs, `hook` may do something else. */
  wallet(hook: Hook = (_call, pass) => pass(), address: Address = this.alice): L1Wallet {
    const { publicClient } = this.f.clients;
    const request = (call: Call) =>
      hook(call, async () => {
        if (call.method === 'eth_accounts') return [address];
        return publicClient.request(call as never);
      });
    const account: Account = { address, type: 'json-rpc' };
    return createWalletClient({ account, transport: custom({ request }, { retryCount: 0 }) }) as L1Wallet;
  }

  /** EXITs of account 1 to somebody on L1, Alice by default. */
  exit(amounts: readonly bigint[], to: Address = this.alice): SignedTx {
    const nonce = this.#nonce;
    this.#nonce += 1;
    return signed(actor(1), { signer: 1, nonce, ops: amounts.map((amount) => exit(1, BigInt(to), amount)) });
  }

  async commit(parts: { queue?: readonly QueueEntry[]; txs?: readonly SignedTx[] } = {}): Promise<PostedBatch> {
    return (await this.lane.commit(parts)).posted;
  }

  async prove(posted: PostedBatch): Promise<void> {
    await this.f.bob.proveBatches([{ posted, proof: ANY_PROOF }]);
  }

  /** All items of the queue from an index on. */
  async queue(from: bigint): Promise<QueueEntry[]> {
    return this.f.alice.readQueue(from, (await this.f.alice.state()).queueTail);
  }

  async mined(hash: Hex): Promise<void> {
    await this.f.clients.publicClient.waitForTransactionReceipt({ hash });
  }

  stop(): Promise<void> {
    return this.f.l1.stop();
  }
}

/** The last step that is done. */
export function reached(transfer: Transfer | undefined): StepName | undefined {
  return transfer?.steps.filter(({ state }) => state === 'done').at(-1)?.name;
}

export function stepsBy(transfer: Transfer | undefined): string {
  return (transfer?.steps ?? []).map(({ name, state }) => `${name}:${state}`).join(' ');
}
