/** A local Ethereum node (anvil) for tests and the devnet. Never used against a real chain. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Chain, createPublicClient, createTestClient, createWalletClient, defineChain, http, toHex } from 'viem';
import { mnemonicToAccount, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { BridgeError } from '../client/errors.ts';

/** Fixed, so that gas figures and rules do not change with anvil's idea of "latest". */
export const HARDFORK = 'prague';
/** The public test mnemonic of every Ethereum development node: worthless as a secret. */
export const DEV_MNEMONIC = 'test test test test test test test test test test test junk';

export interface LocalL1Options {
  readonly chainId?: number;
  /** 0 or absent: a free port chosen by the system. */
  readonly port?: number;
  /** State is loaded from this file if it exists and written to it on stop. */
  readonly statePath?: string;
  /** Also writes the state at this interval, so that a killed process loses little. */
  readonly stateIntervalSeconds?: number;
  /** A block at this interval in addition to one per transaction. Absent: blocks only on transactions. */
  readonly blockTimeSeconds?: number;
  readonly accounts?: number;
  /** Unix time of the genesis block. */
  readonly genesisTimestamp?: number;
  readonly startTimeoutMs?: number;
}

export interface LocalL1 {
  readonly url: string;
  readonly wsUrl: string;
  readonly port: number;
  readonly chain: Chain;
  readonly pid: number;
  /** Funded development accounts. */
  readonly accounts: readonly PrivateKeyAccount[];
  /** Writes the state, ends the process. May be called twice. */
  stop(): Promise<void>;
}

/** @throws BridgeError ANVIL_FAILED if it does not come up */
export async function startLocalL1(options: LocalL1Options = {}): Promise<LocalL1> {
  const chainId = options.chainId ?? 31337;
  const accountCount = options.accounts ?? 10;
  const args = ['--port', String(options.port ?? 0), '--host', '127.0.0.1', '--chain-id', String(chainId)];
  args.push('--hardfork', HARDFORK, '--accounts', String(accountCount), '--mnemonic', DEV_MNEMONIC);
  if (options.statePath !== undefined) args.push('--state', options.statePath, '--preserve-historical-states');
  if (options.stateIntervalSeconds !== undefined) args.push('--state-interval', String(options.stateIntervalSeconds));
  if (options.blockTimeSeconds !== undefined)
    args.push('--block-time', String(options.blockTimeSeconds), '--mixed-mining');
  if (options.genesisTimestamp !== undefined) args.push('--timestamp', String(options.genesisTimestamp));

  // A process group of its own: npm's launcher starts the real program as its child, and both must end.
  const child = spawn(process.execPath, [launcherPath(), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const killOnExit = () => killGroup(child);
  process.once('exit', killOnExit);
  // 'close' comes when the last holder of the pipes (the program itself) has ended.
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const port = await listeningPort(child, options.startTimeoutMs ?? 20_000);

  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      child.kill('SIGTERM'); // forwarded by the launcher; the program writes its state and ends
      const timer = setTimeout(() => killGroup(child), 10_000);
      await closed;
      clearTimeout(timer);
      process.off('exit', killOnExit);
    })();
    return stopping;
  };
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    wsUrl: `ws://127.0.0.1:${port}`,
    port,
    chain: localChain(chainId, url),
    pid: child.pid ?? 0,
    accounts: devAccounts(accountCount),
    stop,
  };
}

/** The accounts that a local L1 funds. */
export function devAccounts(count: number): PrivateKeyAccount[] {
  // One slow derivation from the mnemonic, then its children.
  const parent = mnemonicToAccount(DEV_MNEMONIC, { path: "m/44'/60'/0'/0" }).getHdKey();
  return Array.from({ length: count }, (_, addressIndex) => {
    const key = parent.deriveChild(addressIndex).privateKey;
    if (key === null) throw new BridgeError('ANVIL_FAILED', { addressIndex });
    return privateKeyToAccount(toHex(key));
  });
}

export function localChain(id: number, url: string): Chain {
  return defineChain({
    id,
    name: 'local L1',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
}

/** viem clients of a local L1, polling fast enough for tests. */
export function localClients(l1: Pick<LocalL1, 'url' | 'chain'>) {
  const transport = http(l1.url);
  const common = { chain: l1.chain, transport, pollingInterval: 50, cacheTime: 0 } as const;
  return {
    publicClient: createPublicClient(common),
    testClient: createTestClient({ ...common, mode: 'anvil' }),
    walletClient: (account: PrivateKeyAccount) => createWalletClient({ ...common, account }),
  };
}

function launcherPath(): string {
  const require = createRequire(import.meta.url);
  const packageJson = require.resolve('@foundry-rs/anvil/package.json');
  const { bin } = JSON.parse(readFileSync(packageJson, 'utf8')) as { bin: { anvil: string } };
  return join(dirname(packageJson), bin.anvil);
}

function listeningPort(child: ChildProcess, timeoutMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (reason: string) => {
      clearTimeout(timer);
      killGroup(child);
      reject(new BridgeError('ANVIL_FAILED', { reason, output: output.slice(-500) }));
    };
    const timer = setTimeout(() => fail('timeout'), timeoutMs);
    const exited = (code: number | null) => fail(`exit code ${code}`);
    const read = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-4096);
      const port = /Listening on [^\s]*:(\d+)/.exec(output)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      child.off('exit', exited);
      // Keep the pipes flowing: a full pipe would stop the program.
      child.stdout?.off('data', read).resume();
      child.stderr?.off('data', read).resume();
      resolve(Number(port));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error) => fail(error.message));
    child.once('exit', exited);
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
