import { type Address, type Chain, createClient, defineChain, http, isAddressEqual } from 'viem';
import { computeDomain } from '../protocol/domain.ts';
import type { Field } from '../protocol/types.ts';
import { SdkError } from './errors.ts';
import { request } from './request.ts';
import type { ChainInfo, Wire } from './rpcTypes.ts';

export interface EngramChainParameters {
  /** L2 chain id. */
  readonly id: number;
  readonly name?: string;
  /** JSON-RPC of a node, `http(s)://…`; WebSocket is served at the same address. */
  readonly rpcUrl: string;
  /** The chain the bridge is on; viem's own definitions fit. */
  readonly l1: { readonly id: number };
  /** The bridge contract (`Rollup`). */
  readonly rollup: Address;
  /** L1 block of its deployment: where a search for its events begins. Default 0. */
  readonly rollupDeployedAt?: bigint;
  /** The contract that checks attestations on L1, if the deployment has one. */
  readonly attestations?: Address;
  /** The contract on L1 that value of the EVM lane goes through, if the deployment has one. */
  readonly evmLane?: Address;
  readonly testnet?: boolean;
}

/** A viem chain whose bridge contracts are known; `sourceId` is L1's chain id. */
export type EngramChain = Chain & {
  readonly sourceId: number;
  readonly contracts: {
    readonly rollup: { readonly [l1ChainId: number]: { readonly address: Address; readonly blockCreated?: number } };
    readonly attestations?: { readonly [l1ChainId: number]: { readonly address: Address } };
    readonly evmLane?: { readonly [l1ChainId: number]: { readonly address: Address } };
  };
};

/**
 * Defines one deployment, both lanes of it, as a viem chain: `createPublicClient({ chain, transport: http() })` speaks to the EVM lane. Pin these values in an application: everything signed is tied to them, whatever
 * a node says.
 */
export function engramChain(parameters: EngramChainParameters): EngramChain {
  const { id, name = 'Engram', rpcUrl, l1, rollup, rollupDeployedAt = 0n } = parameters;
  const { attestations, evmLane, testnet } = parameters;
  return defineChain({
    id,
    name,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl], webSocket: [rpcUrl.replace(/^http/, 'ws')] } },
    sourceId: l1.id,
    contracts: {
      rollup: { [l1.id]: { address: rollup, blockCreated: Number(rollupDeployedAt) } },
      ...(attestations !== undefined && { attestations: { [l1.id]: { address: attestations } } }),
      ...(evmLane !== undefined && { evmLane: { [l1.id]: { address: evmLane } } }),
    },
    ...(testnet !== undefined && { testnet }),
  });
}

/**
 * Asks a node which deployment it serves. Fit for development and for nodes of one's own: it believes what it is told.
 * @throws NodeUnavailableError, RpcFailedError
 */
export async function fetchEngramChain(rpcUrl: string): Promise<EngramChain> {
  const info = await request(createClient({ transport: http(rpcUrl) }), 'engram_chainInfo', []);
  return engramChain({
    id: Number(info.l2ChainId),
    rpcUrl,
    l1: { id: Number(info.l1ChainId) },
    rollup: info.rollup as Address,
    ...(info.attestations !== undefined && { attestations: info.attestations as Address }),
    ...(info.evmLane !== undefined && { evmLane: info.evmLane as Address }),
  });
}

export interface BridgeLocation {
  readonly l1ChainId: number;
  readonly rollup: Address;
  /** L1 block. */
  readonly deployedAt: bigint;
  readonly attestations?: Address;
  readonly evmLane?: Address;
}

/** Where the bridge of a chain is. @throws SdkError CHAIN_INCOMPLETE unless `engramChain` made it */
export function bridgeOf(chain: Chain | undefined): BridgeLocation {
  const { sourceId, contracts } = (chain ?? {}) as Partial<EngramChain>; // each member is checked
  const rollup = sourceId === undefined ? undefined : contracts?.rollup?.[sourceId];
  if (sourceId === undefined || rollup === undefined) {
    throw new SdkError('CHAIN_INCOMPLETE', 'define the chain with engramChain(), which names the bridge');
  }
  const attestations = contracts?.attestations?.[sourceId]?.address;
  const evmLane = contracts?.evmLane?.[sourceId]?.address;
  return {
    l1ChainId: sourceId,
    rollup: rollup.address,
    deployedAt: BigInt(rollup.blockCreated ?? 0),
    ...(attestations !== undefined && { attestations }),
    ...(evmLane !== undefined && { evmLane }),
  };
}

/** First word of every signed message of this deployment (docs/protocol.md section 1). @throws SdkError CHAIN_INCOMPLETE */
export function domainOf(chain: Chain | undefined): Field {
  const { l1ChainId, rollup } = bridgeOf(chain);
  return computeDomain({
    l1ChainId: BigInt(l1ChainId),
    rollup: BigInt(rollup),
    l2ChainId: BigInt(chain?.id ?? 0), // `bridgeOf` refused an absent chain
  });
}

/** @throws SdkError CHAIN_MISMATCH if the node serves another deployment than the chain names */
export function checkChainInfo(chain: Chain | undefined, info: Wire<ChainInfo>): void {
  const { l1ChainId, rollup } = bridgeOf(chain);
  const isSame =
    BigInt(info.domain) === domainOf(chain) &&
    BigInt(info.l1ChainId) === BigInt(l1ChainId) &&
    isAddressEqual(info.rollup as Address, rollup);
  if (!isSame) {
    throw new SdkError('CHAIN_MISMATCH', 'the node serves another deployment', {
      expected: rollup,
      found: info.rollup,
    });
  }
}
