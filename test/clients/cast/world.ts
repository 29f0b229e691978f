import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { encodeDeployData, type Hex, parseAbi } from 'viem';
import { holds, present, same } from '../check.ts';
import { type Network, person } from '../network.ts';
import { abiText, type SuiteCode, type SuiteContract } from '../suiteContracts.ts';

/** A receipt as `cast … --json` prints it. */
export interface CastReceipt {
  readonly status: string;
  readonly type: string;
  readonly transactionHash: Hex;
  readonly blockNumber: Hex;
  readonly blockHash: Hex;
  readonly contractAddress: Hex | null;
  readonly gasUsed: Hex;
  readonly effectiveGasPrice: Hex;
  readonly logs: readonly unknown[];
}

export interface CastOutcome {
  readonly isOk: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** `cast` as a shell script would call it: a process a command. */
export class CastWorld {
  readonly network: Network;
  readonly code: SuiteCode;
  readonly me = person('cast');
  readonly #program = program();
  readonly #deployed = new Map<SuiteContract, Promise<Hex>>();

  constructor(network: Network, code: SuiteCode) {
    this.network = network;
    this.code = code;
  }

  /** Standard output without the line's end; fails unless the command succeeds. */
  async run(...args: readonly string[]): Promise<string> {
    const { isOk, stdout, stderr } = await this.outcome(...args);
    holds(isOk, `cast ${args.join(' ').slice(0, 120)}`, stderr);
    return stdout.trim();
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.run(...args, '--json')) as T; // cast's own format
  }

  /** The error text of a command that has to fail. */
  async failure(...args: readonly string[]): Promise<string> {
    const { isOk, stdout, stderr } = await this.outcome(...args);
    holds(!isOk, `cast ${args.join(' ').slice(0, 120)} must fail`, stdout);
    return stderr;
  }

  outcome(...args: readonly string[]): Promise<CastOutcome> {
    const child = spawn(process.execPath, [this.#program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1', ETH_RPC_URL: this.network.url },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      // npm's launcher ends with 0 whatever cast says, so the error text decides too.
      child.once('close', (code) => resolve({ isOk: code === 0 && !/^Error: /m.test(stderr), stdout, stderr }));
    });
  }

  /** Sends and waits for a receipt that says success. */
  async send(...args: readonly string[]): Promise<CastReceipt> {
    const receipt = await this.json<CastReceipt>('send', ...this.signing(), ...args);
    same(receipt.status, '0x1', 'status');
    return receipt;
  }

  signing(key = this.me.key): readonly string[] {
    return ['--private-key', key, '--poll-interval', '1', '--timeout', '60'];
  }

  async deploy(name: SuiteContract, args: readonly unknown[] = []): Promise<Hex> {
    const abi = parseAbi(abiText[name] as readonly string[]);
    const data = encodeDeployData({ abi, bytecode: this.code[name], args } as Parameters<typeof encodeDeployData>[0]);
    const receipt = await this.send('--create', data);
    return present(receipt.contractAddress, `address of ${name}`);
  }

  shared(name: 'VoteToken' | 'Failures' | 'Wallet7702' | 'Multicall' | 'Stress'): Promise<Hex> {
    const known = this.#deployed.get(name) ?? this.deploy(name, name === 'VoteToken' ? [10n ** 24n] : []);
    this.#deployed.set(name, known);
    return known;
  }

  async rpc<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    const raw = JSON.stringify(params);
    return JSON.parse(await this.run('rpc', method, '--raw', raw)) as T; // the answer's JSON
  }
}

function program(): string {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('@foundry-rs/cast/package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { cast: string } };
  return join(dirname(manifest), bin.cast);
}
