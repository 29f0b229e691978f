import { Reader } from '../../bridge/client/rollupReader.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { ChainInfo, Hex, Wire } from '../../sdk/rpcTypes.ts';
import type { WebConfig } from '../../sdk/webConfig.ts';
import { l1PublicClient } from '../l1/clients.ts';
import type { NetworkFile } from '../networks/networkFile.ts';
import { WebError } from './errors.ts';
import { webConfig } from './webConfig.ts';
import { CONFIG_FILE, parseWebConfig } from './webConfigFile.ts';

export interface StaticConfigOptions {
  readonly network?: NetworkFile | undefined;
  /** The node that the page is to use, asked here for what is not said; absent: the page goes by L1 alone, and no node is asked. */
  readonly rpc?: string | undefined;
  /** The endpoint of L1 that the page is to use, asked here to check the rest. */
  readonly l1?: string | undefined;
  readonly rollup?: Hex | undefined;
  readonly evmLane?: Hex | undefined;
  readonly attestations?: Hex | undefined;
  readonly startBlock?: number | undefined;
  readonly l1ChainId?: number | undefined;
  readonly l2ChainId?: number | undefined;
  readonly name?: string | undefined;
  readonly explorer?: string | undefined;
  readonly confirmations?: number | undefined;
}

/**
 * The configuration of a page that no node serves: what was said goes before the network file, and that before the node. What L1
 * says of the contract must agree.
 * @throws WebError WEB_CONFIG_INCOMPLETE, WEB_CHAIN_MISMATCH, WEB_CONFIG_INVALID; RpcClientError; BridgeError
 */
export async function staticConfig(said: StaticConfigOptions): Promise<WebConfig> {
  const { network, rpc } = said;
  const node = rpc === undefined ? undefined : await askNode(rpc);
  const l1Rpc = said.l1 ?? network?.l1.rpcUrl;
  const rollup = said.rollup ?? network?.l1.rollup ?? node?.info.rollup;
  if (rollup === undefined) throw incomplete('the contract: --rollup, --network or --rpc');
  agree('rollup', rollup, node?.info.rollup);
  const onL1 = l1Rpc === undefined ? undefined : await askL1(l1Rpc, rollup);
  const chainIds = (which: 'l1ChainId' | 'l2ChainId', flag: string): number => {
    const told = said[which] ?? network?.[which];
    const found = [told, onL1?.[which], node && Number(node.info[which])].filter((id) => id !== undefined);
    const [id] = found;
    if (id === undefined) throw incomplete(`the chain id: ${flag}, --network, --rpc or --l1`);
    for (const other of found) agree(which, id, other);
    return id;
  };
  return webConfig({
    deployment: {
      l1ChainId: chainIds('l1ChainId', '--l1-chain-id'),
      l2ChainId: chainIds('l2ChainId', '--l2-chain-id'),
      rollup,
      evmLane: said.evmLane ?? network?.l1.evmLane ?? node?.info.evmLane,
      attestations: said.attestations ?? network?.l1.attestations ?? node?.info.attestations,
      deployedAt: said.startBlock ?? network?.l1.startBlock ?? node?.config?.deployedAt ?? 0,
    },
    name: said.name ?? (network && `Engram ${network.name}`) ?? node?.config?.name,
    rpc,
    l1: {
      rpc: l1Rpc,
      explorer: said.explorer ?? node?.config?.l1.explorer,
      confirmations: said.confirmations ?? node?.config?.l1.confirmations,
    },
    ...(node?.config !== undefined && { pace: node.config.pace }),
  });
}

/** A node of an older version, or one without a page, says less. */
async function askNode(rpc: string): Promise<{ info: Wire<ChainInfo>; config: WebConfig | undefined }> {
  const info = await new RpcClient(rpc).request('engram_chainInfo', []);
  const url = new URL(CONFIG_FILE, rpc.endsWith('/') ? rpc : `${rpc}/`);
  const config = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    .then(async (response) => (response.ok ? parseWebConfig(await response.json(), url.href) : undefined))
    .catch(() => undefined);
  return { info, config };
}

async function askL1(rpcUrl: string, rollup: Hex): Promise<{ l1ChainId: number; l2ChainId: number }> {
  const publicClient = l1PublicClient({ rpcUrl, pollMs: 500 });
  const reader = await Reader.connect({ address: rollup, deployedAt: 0n }, publicClient);
  const { l2ChainId } = await reader.parameters();
  return { l1ChainId: await publicClient.getChainId(), l2ChainId: Number(l2ChainId) };
}

function incomplete(missing: string): WebError {
  return new WebError('WEB_CONFIG_INCOMPLETE', `not known: ${missing}`, { missing });
}

/** A node that names another contract than the operator does would lead the page's users there. */
function agree(what: string, expected: string | number, found: string | number | undefined): void {
  if (found === undefined || String(found).toLowerCase() === String(expected).toLowerCase()) return;
  throw new WebError('WEB_CHAIN_MISMATCH', `${what}: ${expected} was expected, ${found} was found`, {
    what,
    expected,
    found,
  });
}
