import { checkChainInfo } from './chain.ts';
import { type AnyClient, request } from './request.ts';
import type { ChainInfo, Wire } from './rpcTypes.ts';

/** What never changes of a deployment, asked once a client. */
const known = new WeakMap<object, Promise<Wire<ChainInfo>>>();

/**
 * The node's `engram_chainInfo`, after the check that it serves the deployment the client's chain names. Asked anew each time.
 * @throws SdkError CHAIN_MISMATCH, CHAIN_INCOMPLETE
 */
export async function chainInfo(client: AnyClient): Promise<Wire<ChainInfo>> {
  const info = await request(client, 'engram_chainInfo', []);
  checkChainInfo(client.chain, info);
  return info;
}

/** The same from memory: for what is fixed with the deployment (tokens aside, grace, shape). */
export function knownChainInfo(client: AnyClient): Promise<Wire<ChainInfo>> {
  // one object a client, shared by all its extensions
  const id: object = client.transport;
  const found = known.get(id);
  if (found !== undefined) return found;
  const asked = chainInfo(client);
  known.set(id, asked);
  asked.catch(() => known.delete(id)); // ask again next time
  return asked;
}
