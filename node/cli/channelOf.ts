import type { AccountIndex } from '../../protocol/types.ts';
import type { RpcClient } from '../../sdk/rpcClient.ts';
import type { ChannelView, Wire } from '../../sdk/rpcTypes.ts';
import { CliError, Exit } from './output.ts';

/** @throws CliError UNKNOWN_ACCOUNT, RpcClientError WRONG_KIND */
export async function channelOf(rpc: RpcClient, which: AccountIndex): Promise<Wire<ChannelView>> {
  const found = await rpc.request('engram_getChannel', [which]);
  if (found === null) throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT', `there is no account ${which}`);
  return found;
}
