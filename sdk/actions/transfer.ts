import { accountIndex } from '../../protocol/ids.ts';
import type { Field } from '../../protocol/types.ts';
import * as build from '../ops.ts';
import type { AnyClient } from '../request.ts';
import type { Hex } from '../rpcTypes.ts';
import { send, type WriteOptions } from './send.ts';
import { resolveSigner } from './signer.ts';

export interface TransferParameters extends WriteOptions {
  /** Account of the same token. */
  readonly to: number;
  /** Base units of the token. */
  readonly amount: bigint;
  /** Up to three words that travel with it. */
  readonly memo?: readonly Field[];
}

/**
 * Pays another account; `from` may be an ATTEST account, whose royalties its owner moves so. Returns the transaction's hash.
 * @throws as `send`: INSUFFICIENT_BALANCE, UNKNOWN_ACCOUNT, WRONG_TOKEN …
 */
export async function transfer(client: AnyClient, parameters: TransferParameters): Promise<Hex> {
  const { to, amount, memo = [], ...options } = parameters;
  const signer = await resolveSigner(client, options);
  const { from } = signer;
  return send(
    client,
    { signer, ops: (fee) => [build.transfer({ from, to: accountIndex(to), amount, fee, memo })] },
    options,
  );
}
