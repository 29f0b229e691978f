import { checkChainInfo } from './chain.ts';
import { type AnyClient, request } from './request.ts';
import type { ChainInfo, Wire } from './rpcTypes.ts';

/**
 * The node's `engram_chainInfo`, after the check that it serves the deployment the client's chain names: asked before anything is signed.
 * @throws SdkError CHAIN_MISMATCH, CHAIN_INCOMPLETE
 */
export async function chainInfo(client: AnyClient): Promise<Wire<ChainInfo>> {
  const info = await request(client, 'engram_chainInfo', []);
  checkChainInfo(client.chain, info);
  return info;
}
