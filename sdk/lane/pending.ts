/** What a recipient on the EVM lane refused waits in Inbox for whom the deposit named as `refundTo`. */
import { type Address, encodeFunctionData, type Hex } from 'viem';
import { readContract } from 'viem/actions';
import { INBOX_ABI } from '../../genesis/predeploys/abi.ts';
import { INBOX } from '../../protocol/lane/addresses.ts';
import { type AnyClient, engramError } from '../request.ts';
import { type LaneWallet, sendOnLane } from './sendOnLane.ts';

/** Base units of a token (default ETH) that wait for an address. */
export async function getPendingOnLane(
  client: AnyClient,
  { owner, token = 0 }: { readonly owner: Address; readonly token?: number },
): Promise<bigint> {
  try {
    return await readContract(client, {
      address: INBOX,
      abi: INBOX_ABI,
      functionName: 'pending',
      args: [token, owner],
    });
  } catch (error) {
    throw engramError(error);
  }
}

/** Takes all of a token (default ETH) that waits for the wallet; to itself unless told otherwise. Returns the transaction's hash. @throws as `sendOnLane` */
export async function takePendingOnLane(
  client: LaneWallet,
  { token = 0, to = client.account.address }: { readonly token?: number; readonly to?: Address } = {},
): Promise<Hex> {
  const data = encodeFunctionData({ abi: INBOX_ABI, functionName: 'claimPending', args: [token, to] });
  return (await sendOnLane(client, { to: INBOX, data })).transactionHash;
}
