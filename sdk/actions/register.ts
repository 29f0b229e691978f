import type { Address } from 'viem';
import type { Point } from '../../protocol/types.ts';
import * as build from '../ops.ts';
import type { AnyClient } from '../request.ts';
import type { WriteAndWaitOptions } from './send.ts';
import { type Created, sendCreating } from './sendCreating.ts';
import { resolveSigner } from './signer.ts';

export interface RegisterParameters extends WriteAndWaitOptions {
  /** Ledger key of the new account. */
  readonly key: Point;
  /** Its owner on L1, who can force an exit or escape; not 0. */
  readonly address: Address;
  /** First balance in base units. Default 0. */
  readonly amount?: bigint;
}

/**
 * Creates an account for somebody's key, in the payer's token, without a deposit on L1. Resolves once it exists.
 * @throws as `sendCreating`: KEY_OFF_CURVE, BAD_ADDRESS, INSUFFICIENT_BALANCE …
 */
export async function register(client: AnyClient, parameters: RegisterParameters): Promise<Created> {
  const { key, address, amount = 0n, ...options } = parameters;
  const signer = await resolveSigner(client, options);
  const { from } = signer;
  return sendCreating(
    client,
    { signer, ops: (fee) => [build.register({ from, key, address: BigInt(address), amount, fee })] },
    options,
  );
}
