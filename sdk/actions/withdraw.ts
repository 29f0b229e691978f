import type { Address } from 'viem';
import * as build from '../ops.ts';
import type { AnyClient } from '../request.ts';
import type { Hex } from '../rpcTypes.ts';
import { send, type WriteOptions } from './send.ts';
import { resolveSigner } from './signer.ts';

export interface WithdrawParameters extends WriteOptions {
  /** Who can withdraw it on L1. */
  readonly recipient: Address;
  /** Base units of the token. */
  readonly amount: bigint;
}

/**
 * Moves funds to L1 (EXIT): once the transaction is proven, `withdrawFromBridge` (sdk/bridge) pays the recipient. Returns the hash.
 * @throws as `send`
 */
export async function withdraw(client: AnyClient, parameters: WithdrawParameters): Promise<Hex> {
  const { recipient, amount, ...options } = parameters;
  const signer = await resolveSigner(client, options);
  const { from } = signer;
  return send(
    client,
    { signer, ops: (fee) => [build.exit({ from, recipient: BigInt(recipient), amount, fee })] },
    options,
  );
}
