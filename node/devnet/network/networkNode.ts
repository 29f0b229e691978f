import { RpcClient } from '../../../sdk/rpcClient.ts';
import type { DevOperator } from '../accounts.ts';
import { DevNetworkError } from './errors.ts';
import type { Flags, Role } from './options.ts';
import { Program } from './program.ts';

export interface NodeOptions {
  readonly name: string;
  readonly role: Role;
  readonly dataDir: string;
  readonly logFile: string;
  readonly rpcPort: number;
  readonly p2pPort: number;
  readonly peerId: string;
  readonly operator: DevOperator | undefined;
  readonly flags: Flags;
}

/** A node of the network and its process. Name, ports, folder and key stay the same over all its lives. */
export class NetworkNode {
  readonly name: string;
  readonly role: Role;
  readonly dataDir: string;
  readonly rpcUrl: string;
  readonly rpc: RpcClient;
  readonly peerId: string;
  readonly p2pPort: number;
  /** Its L1 account: the signer of a validator. */
  readonly operator: DevOperator | undefined;
  readonly program: Program;
  #extra: Flags = {};
  readonly #flags: Flags;

  constructor({ name, role, dataDir, logFile, rpcPort, p2pPort, peerId, operator, flags }: NodeOptions) {
    this.name = name;
    this.role = role;
    this.dataDir = dataDir;
    this.rpcUrl = `http://127.0.0.1:${rpcPort}`;
    this.rpc = new RpcClient(this.rpcUrl);
    this.p2pPort = p2pPort;
    this.peerId = peerId;
    this.operator = operator;
    this.#flags = { ...flags, '--data-dir': dataDir, '--rpc-port': rpcPort };
    this.program = new Program({
      name,
      logFile,
      args: () => ['node', '--json', ...asArguments({ ...this.#flags, ...this.#extra })],
      env: operator === undefined ? {} : { ENGRAM_L1_KEY: operator.l1Key },
    });
  }

  get isRunning(): boolean {
    return this.program.isRunning;
  }

  /** Where it listens for peers, not through a cable. */
  get p2pAddress(): string {
    return `/ip4/127.0.0.1/tcp/${this.p2pPort}/p2p/${this.peerId}`;
  }

  /** Resolves once its RPC answers. `flags` change the settings for this and later lives. @throws DevNetworkError PROGRAM_FAILED */
  async start(flags: Flags = {}): Promise<void> {
    this.#extra = { ...this.#extra, ...flags };
    await this.program.start();
  }

  /** kill -9, children included. */
  kill(): Promise<void> {
    return this.program.kill();
  }

  stop(): Promise<void> {
    return this.program.stop();
  }

  async restart(flags: Flags = {}): Promise<void> {
    await this.program.stop();
    await this.start(flags);
  }

  /** Its Prometheus metrics: `name` or `name{label="value"}` → value. @throws DevNetworkError PROGRAM_DEAD */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await fetch(`${this.rpcUrl}/metrics`)
      .then((response) => response.text())
      .catch((cause: unknown) => {
        throw new DevNetworkError('PROGRAM_DEAD', `${this.name} gives no metrics`, {}, { cause });
      });
    const values = new Map<string, number>();
    for (const line of text.split('\n')) {
      const at = line.lastIndexOf(' ');
      if (!line.startsWith('#') && at > 0) values.set(line.slice(0, at), Number(line.slice(at + 1)));
    }
    return values;
  }
}

function asArguments(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([flag, value]) => [flag, String(value)]);
}
