import type { Address } from 'viem';
import { getCode } from 'viem/actions';
import type { AnyClient } from '../../../../../sdk/request.ts';

/** EIP-7702: an ordinary account that lends itself a contract's code. Its key still moves what it has, on every chain. */
const DELEGATION = /^0xef0100[0-9a-f]{40}$/i;

/** Whether a contract is at an address: on another chain the same address is nobody's, or somebody else's. */
export async function isContract(client: AnyClient, address: Address): Promise<boolean> {
  const code = await getCode(client, { address });
  return code !== undefined && code !== '0x' && !DELEGATION.test(code);
}
