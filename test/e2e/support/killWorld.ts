/** One ledger whose node dies and lives again, and what its lives promised to users. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { expect } from 'vitest';
import type { RollupClient } from '../../../bridge/client/rollupClient.ts';
import { devAccount } from '../../../node/devnet/accounts.ts';
import type { RpcClient } from '../../../sdk/rpcClient.ts';
import type { Hex } from '../../../sdk/rpcTypes.ts';
import { L1Gate } from './l1Gate.ts';
import type { NodeProcess } from './nodeProcess.ts';
import { startSequencerNode } from './sequencerNode.ts';
import { Settlement } from './settlement.ts';
import { type Signed, User } from './user.ts';

/** Where the node said a transaction is. */
interface Promised {
  readonly block: string;
  readonly position: number;
  readonly blockHash: Hex;
}

export const DEPOSIT = parseEther('5');

export class KillWorld {
  readonly settlement: Settlement;
  readonly gate: L1Gate;
  readonly rollup: RollupClient;
  readonly #dataDir: string;
  readonly #promised = new Map<Hex, Promised>();
  #users: { alice: User; bob: User } | undefined;
  #node: NodeProcess | undefined;
  #lastNode: NodeProcess | undefined;
  #lastKill = 'nothing yet';

  private constructor(settlement: Settlement, gate: L1Gate, rollup: RollupClient, dataDir: string) {
    this.settlement = settlement;
    this.gate = gate;
    this.rollup = rollup;
    this.#dataDir = dataDir;
  }

  /** L1 with the contract and two deposits; no node yet. */
  static async open(): Promise<KillWorld> {
    const settlement = await Settlement.start();
    try {
      for (const name of ['alice', 'bob'] as const) {
        await (await settlement.as(name)).depositNew({ token: 0, amount: DEPOSIT, key: devAccount(name).key });
      }
      const gate = await L1Gate.start(settlement.l1.url);
      const dataDir = await mkdtemp(join(tmpdir(), 'engram-kill-'));
      return new KillWorld(settlement, gate, await settlement.as('carol'), dataDir);
    } catch (error) {
      await settlement.stop();
      throw error;
    }
  }

  get node(): NodeProcess {
    if (this.#node === undefined) throw new TypeError('the node is dead');
    return this.#node;
  }

  get rpc(): RpcClient {
    return this.node.rpc;
  }

  get alice(): User {
    return this.#user('alice');
  }

  get bob(): User {
    return this.#user('bob');
  }

  /** A new life on the same data. Whatever was promised before must still be true. */
  async start({ prove }: { prove: boolean }): Promise<NodeProcess> {
    const options = { dataDir: this.#dataDir, l1Url: this.gate.url, prove };
    this.#node = await startSequencerNode(options, this.settlement);
    this.#lastNode = this.#node;
    await this.#expectPromisesKept();
    if (this.#users === undefined) await this.#findAccounts();
    return this.#node;
  }

  /** Ends this life, children included. Harmless if the node is dead already. */
  async kill(step: string): Promise<void> {
    if (this.#node !== undefined) this.#lastKill = step;
    await this.#node?.kill();
    this.#node = undefined;
    this.gate.open();
  }

  /** Kills the node but not its children. */
  async killAlone(step: string): Promise<void> {
    this.#lastKill = step;
    await this.node.killAlone();
    this.#node = undefined;
    this.gate.open();
  }

  /** Sends, waits until it is in a block, and remembers which. */
  async include(signed: Signed): Promise<void> {
    expect(await this.rpc.request('engram_sendTransaction', [signed.bytes])).toBe(signed.hash);
    await this.included(signed.hash);
  }

  async included(hash: Hex): Promise<void> {
    const { block, position } = await this.rpc.waitForTransaction(hash, 'included');
    const view = await this.rpc.request('engram_getBlock', [block ?? '']);
    if (block === undefined || position === undefined || view === null) return expect.unreachable();
    expect(view.txs[position]).toBe(hash);
    this.#promised.set(hash, { block, position, blockHash: view.hash });
  }

  /** The last lines of the node's log, this life's or the last one's. */
  lastLog(): string {
    return this.#lastNode?.tail() ?? '';
  }

  get promisedHashes(): Hex[] {
    return [...this.#promised.keys()];
  }

  async stop(): Promise<void> {
    await this.#node?.kill();
    await this.gate.stop();
    await this.settlement.stop();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  async #expectPromisesKept(): Promise<void> {
    for (const [hash, { block, position, blockHash }] of this.#promised) {
      const label = `${hash} after the kill: ${this.#lastKill}`;
      const status = await this.rpc.request('engram_getTransactionStatus', [hash]);
      expect(['included', 'committed', 'proven'], label).toContain(status.status);
      expect(status, label).toMatchObject({ block, position });
      const view = await this.rpc.request('engram_getBlock', [block]);
      expect(view?.hash, label).toBe(blockHash);
      expect(view?.txs[position], label).toBe(hash);
    }
  }

  async #findAccounts(): Promise<void> {
    const open = (name: 'alice' | 'bob'): Promise<User> => User.open(name, this.rpc);
    this.#users = { alice: await open('alice'), bob: await open('bob') };
  }

  #user(name: 'alice' | 'bob'): User {
    if (this.#users === undefined) throw new TypeError('no node has lived yet');
    return this.#users[name];
  }
}
