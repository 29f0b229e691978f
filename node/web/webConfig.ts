import type { WebConfig } from '../../sdk/webConfig.ts';
import type { Settings } from '../config/options.ts';

const L1_NAMES: Readonly<Record<number, string>> = {
  1: 'Ethereum',
  11155111: 'Sepolia',
  17000: 'Holesky',
  560048: 'Hoodi',
  31337: 'Local L1',
};
const LOCAL_CHAIN_ID = 31_337;
const BLOCK_SECONDS = 12;
/** Before any proof was made here. */
const PROOF_SECONDS = 60;
const BATCH_SECONDS = 60;

export interface Deployment {
  readonly l1ChainId: number;
  readonly l2ChainId: number;
  readonly rollup: `0x${string}`;
  readonly evmLane?: `0x${string}` | undefined;
  readonly attestations?: `0x${string}` | undefined;
  /** L1 block. */
  readonly deployedAt: number;
}

export interface WebConfigParts {
  readonly deployment: Deployment;
  readonly name?: string | undefined;
  /** Of a node; absent: there is none. */
  readonly rpc?: string | undefined;
  readonly l1: {
    readonly rpc?: string | undefined;
    readonly explorer?: string | undefined;
    readonly confirmations?: number | undefined;
  };
  readonly pace?: { readonly batchSeconds?: number | undefined; readonly proofSeconds?: number | undefined };
  readonly accountProof?: WebConfig['accountProof'] | undefined;
}

/** `config.json`, whoever makes it. */
export function webConfig({ deployment, name, rpc, l1, pace, accountProof }: WebConfigParts): WebConfig {
  const { l1ChainId, l2ChainId, rollup, evmLane, attestations, deployedAt } = deployment;
  return {
    version: 1,
    name: name ?? (l1ChainId === LOCAL_CHAIN_ID ? 'Engram devnet' : 'Engram'),
    ...(rpc !== undefined && { rpc }),
    l1: {
      chainId: l1ChainId,
      name: L1_NAMES[l1ChainId] ?? `chain ${l1ChainId}`,
      ...(l1.rpc !== undefined && { rpc: l1.rpc }),
      ...(l1.explorer !== undefined && { explorer: l1.explorer.replace(/\/+$/, '') }),
      confirmations: l1.confirmations ?? 2,
      blockSeconds: l1ChainId === LOCAL_CHAIN_ID ? 1 : BLOCK_SECONDS,
    },
    l2: { chainId: l2ChainId },
    rollup,
    deployedAt,
    ...(evmLane !== undefined && { evmLane }),
    ...(attestations !== undefined && { attestations }),
    pace: {
      batchSeconds: pace?.batchSeconds ?? BATCH_SECONDS,
      proofSeconds: pace?.proofSeconds ?? PROOF_SECONDS,
    },
    ...(accountProof !== undefined && { accountProof }),
  };
}

/**
 * The endpoint of L1 that browsers are told. The node's own is often one with a token in its URL, so it is told only where it is
 * plainly this machine's, and only to a browser on this machine: another's `127.0.0.1` is another computer.
 * @param host of the request
 */
export function publicL1Url({ web, l1 }: Pick<Settings, 'web' | 'l1'>, host: string | undefined): string | undefined {
  if (web.l1RpcUrl !== undefined) return web.l1RpcUrl;
  const url = new URL(l1.rpcUrl);
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.pathname === '/';
  return isPlain && isLoopback(url.hostname) && isLoopback(hostname(host)) ? l1.rpcUrl : undefined;
}

function hostname(host: string | undefined): string {
  const url = `http://${host ?? ''}`;
  return host !== undefined && URL.canParse(url) ? new URL(url).hostname : '';
}

export function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || /^127(\.\d{1,3}){3}$/.test(name);
}
