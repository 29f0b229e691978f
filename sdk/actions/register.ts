import type { Address } from 'viem';
import type { AccountIndex, Point } from '../../protocol/types.ts';
import * as build from '../ops.ts';
import { type AnyClient, request } from '../request.ts';
import type { Hex } from '../rpcTypes.ts';
import { assigned, type Created } from './assigned.ts';
import { sendAndWait, type WriteAndWaitOptions } from './send.ts';
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
 * @throws as `sendAndWait`: KEY_OFF_CURVE, BAD_ADDRESS, INSUFFICIENT_BALANCE …
 */
export async function register(client: AnyClient, parameters: RegisterParameters): Promise<Created> {
  const { key, address, amount = 0n, ...options } = parameters;
  const signer = await resolveSigner(client, options);
  const { from, token } = signer;
  const own = async (): Promise<readonly AccountIndex[]> => {
    const found = await request(client, 'engram_getAccountsByKey', [String(key[0]), String(key[1])]);
    return found.filter((a) => a.kind === 'KEY' && a.token === token).map(({ index }) => index as AccountIndex);
  };
  const before = new Set(await own());
  const hash: Hex = await sendAndWait(
    client,
    { signer, ops: (fee) => [build.register({ from, key, address: BigInt(address), amount, fee })] },
    options,
  );
  // an account of the same key made by somebody else meanwhile is as good: same key, same token
  return {
    hash,
    index: assigned(
      (await own()).find((index) => !before.has(index)),
      hash,
    ),
  };
}
