import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fixture } from '../../../bridge/testing/fixture.ts';
import { ShiftableClock, systemClock } from '../../../chain/clock.ts';
import type { Logger } from '../../../chain/logger.ts';
import { field } from '../../../protocol/field.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import type { AccountIndex } from '../../../protocol/types.ts';
import { transfer } from '../../../sdk/ops.ts';
import { RpcClient } from '../../../sdk/rpcClient.ts';
import type { Hex } from '../../../sdk/rpcTypes.ts';
import { devAccount } from '../../devnet/accounts.ts';
import type { EngramNode } from '../../node.ts';
import { sendOps } from '../../testing/sendOps.ts';
import { PATIENT, startTestNode } from '../../testing/testNode.ts';

export interface WorldNode {
  readonly node: EngramNode;
  readonly rpc: RpcClient;
  readonly folder: string;
  stop(): Promise<void>;
}

export interface NodeOptions {
  /** null: it only follows. Default: the seat's. */
  readonly key?: Hex | null;
  /** Whom it talks to; empty: it listens; absent: it is by itself. */
  readonly peers?: readonly WorldNode[];
  readonly flags?: Readonly<Record<string, unknown>>;
  /** That of a node that was stopped. */
  readonly folder?: string;
  readonly logger?: Logger;
}

const ALICE = devAccount('alice');

/** Several nodes in this process on one L1 whose contract takes any proof; batches close when asked. */
export class SyncWorld {
  readonly fixture: Fixture;
  readonly clock = new ShiftableClock(systemClock);
  readonly #folders: string[] = [];
  readonly #nodes = new Set<WorldNode>();
  #nonce = 0;
  #account: AccountIndex = accountIndex(0);

  private constructor(fixture: Fixture) {
    this.fixture = fixture;
  }

  static async start(settings: Parameters<typeof Fixture.start>[0] = PATIENT): Promise<SyncWorld> {
    return new SyncWorld(await Fixture.start(settings));
  }

  async node({ key, peers, flags = {}, folder, logger }: NodeOptions = {}): Promise<WorldNode> {
    const path = folder ?? (await mkdtemp(join(tmpdir(), 'engram-sync-')));
    if (folder === undefined) this.#folders.push(path);
    const bootnodes = (peers ?? []).flatMap(({ node }) => node.peers?.network.addresses ?? []);
    const p2p = {
      '--p2p-enabled': true,
      '--p2p-listen': '/ip4/127.0.0.1/tcp/0',
      '--p2p-bootnodes': bootnodes.join(','),
      '--p2p-peer-exchange': false,
    };
    const node = await startTestNode(
      {
        folder: path,
        clock: this.clock,
        flags: {
          ...(peers !== undefined && p2p),
          '--l1-evm-lane': this.fixture.deployment.evmLane,
          ...(key === null && { '--prover-enabled': false }),
          ...flags,
        },
        ...(key !== undefined && { key }),
        ...(logger !== undefined && { logger }),
      },
      { fixture: this.fixture },
    );
    const rpc = new RpcClient(node.rpcUrl);
    const running: WorldNode = {
      node,
      rpc,
      folder: path,
      stop: async () => {
        this.#nodes.delete(running);
        await rpc.close();
        await node.stop();
      },
    };
    this.#nodes.add(running);
    return running;
  }

  /** Alice gets an account with money; `at` takes it in. */
  async fund({ rpc, node }: WorldNode, amount = 10n ** 18n): Promise<AccountIndex> {
    await this.fixture.alice.depositNew({ token: 0, amount, key: ALICE.key });
    const account = await until(async () => {
      const { x, y } = { x: ALICE.key[0], y: ALICE.key[1] };
      const [found] = await node.store.accountsByKey([field(x), field(y)]);
      return found !== undefined && (await rpc.request('engram_getAccount', [found])) !== null ? found : undefined;
    });
    this.#account = account;
    return account;
  }

  /** A transfer of Alice's to herself; resolves with its hash. */
  async send({ rpc, node }: WorldNode, amount = 1n): Promise<Hex> {
    const nonce = this.#nonce;
    this.#nonce += 1;
    const op = transfer({ from: this.#account, to: this.#account, amount });
    const { domain } = node.store;
    return sendOps({ from: this.#account, seed: ALICE.seed, ops: [op], nonce }, { rpc, domain });
  }

  async included({ rpc }: WorldNode, hash: Hex): Promise<void> {
    await until(async () => {
      const { status } = await rpc.request('engram_getTransactionStatus', [hash]);
      return status !== 'unknown' && status !== 'pending' ? status : undefined;
    });
  }

  /** Closes the open batch of the node that builds, and waits until L1 has it proven. Returns its number. */
  async settle({ node }: WorldNode): Promise<number> {
    await node.sequencer.closeBatch();
    const { closedBatch } = node.store.head;
    await until(async () => (node.sequencer.publisher.state.proven >= closedBatch ? true : undefined));
    return closedBatch;
  }

  async stop(): Promise<void> {
    for (const node of this.#nodes) await node.stop();
    await this.fixture.l1.stop();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
  }
}

/** Asks until there is an answer. */
export async function until<T>(question: () => Promise<T | undefined>, timeoutMs = 30_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await question();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error('it did not happen in time');
    await systemClock.sleep(30);
  }
}

/** Resolves once the other node has the chain of this one, block for block. */
export async function sameChain(one: WorldNode, other: WorldNode, timeoutMs?: number): Promise<void> {
  await until(async () => {
    const [a, b] = [one.node.store.head, other.node.store.head];
    return a.hash === b.hash && a.closedBatch === b.closedBatch && a.closedRoot === b.closedRoot ? true : undefined;
  }, timeoutMs);
}
