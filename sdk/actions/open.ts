import { accountIndex, NO_ACCOUNT } from '../../protocol/ids.ts';
import type { Point } from '../../protocol/types.ts';
import * as build from '../ops.ts';
import type { AnyClient } from '../request.ts';
import type { WriteAndWaitOptions } from './send.ts';
import { type Created, sendCreating } from './sendCreating.ts';
import { resolveSigner } from './signer.ts';

export interface OpenParameters extends WriteAndWaitOptions {
  /** Account that will be paid. */
  readonly provider: number;
  /** Whose vouchers take from the channel. */
  readonly voucherKey: Point;
  /** What the channel can pay out in all, base units. */
  readonly amount: bigint;
  /** Seconds (Unix time). The provider can claim for a day longer; then the rest is the payer's again. */
  readonly expiry: number;
  /** Attestation that earns its royalty of every claim; same token. Default none. */
  readonly model?: number;
}

/**
 * Opens a channel, just as told: `openChannel` checks terms first and returns what signs vouchers. Resolves once it exists.
 * @throws as `sendCreating`: UNKNOWN_MODEL, WRONG_TOKEN, KEY_OFF_CURVE, INSUFFICIENT_BALANCE …
 */
export async function open(client: AnyClient, parameters: OpenParameters): Promise<Created> {
  const { provider, voucherKey, amount, expiry, model, ...options } = parameters;
  const signer = await resolveSigner(client, options);
  const { from } = signer;
  const terms = {
    ...{ from, voucherKey, amount, expiry },
    provider: accountIndex(provider),
    model: model === undefined ? NO_ACCOUNT : accountIndex(model),
  };
  return sendCreating(client, { signer, ops: (fee) => [build.open({ ...terms, fee })] }, options);
}
