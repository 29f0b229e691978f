import type { Point } from '../../protocol/types.ts';
import { open } from '../actions/open.ts';
import { getAccount, getAttestation, getChannel } from '../actions/reads.ts';
import type { WriteAndWaitOptions } from '../actions/send.ts';
import { resolveSigner } from '../actions/signer.ts';
import { chainInfo } from '../chainInfo.ts';
import { SdkError } from '../errors.ts';
import type { AnyClient } from '../request.ts';
import { ConsumerChannel } from './consumerChannel.ts';
import { voucherKey, voucherSeed } from './voucherSeed.ts';

const DAY_SECONDS = 86_400;
/** Shorter would be over before the first voucher; longer locks the money up for a typing error's sake. */
export const MIN_CHANNEL_SECONDS = 60;
export const MAX_CHANNEL_SECONDS = 366 * DAY_SECONDS;

export interface OpenChannelParameters extends WriteAndWaitOptions {
  /** Account of who will be paid: a live KEY account of the same token. */
  readonly provider: number;
  /** What can be paid out in all, base units; `topUp` adds to it. */
  readonly amount: bigint;
  /** How long vouchers are taken, seconds of the ledger's time: a minute to a year. Default 7 days. What is left comes back a day later. */
  readonly lifetimeSeconds?: number;
  /** Attestation of the model that is paid for; its owner earns its royalty of every claim. */
  readonly model?: number;
  /** The most the model may take of every claim, 1/10000. Default: any share. */
  readonly maxRoyaltyBps?: number;
  /** The provider's ledger key, if it is known from elsewhere (its web site, a contract). Default: what the node says. */
  readonly providerKey?: Point;
  /** Seed of the key that signs vouchers. Default: `voucherSeed(account)`. */
  readonly voucherSeed?: Uint8Array;
}

/**
 * Opens a channel after checking what cannot be undone, and returns the side that pays.
 * @throws SdkError WRONG_KIND, WRONG_TOKEN, NOT_FOUND (provider or model), KEY_MISMATCH (provider), BAD_EXPIRY, MODEL_MISMATCH,
 *   INVALID_ARGUMENT (amount), BAD_ANSWER; as `open`
 */
export async function openChannel(client: AnyClient, parameters: OpenChannelParameters): Promise<ConsumerChannel> {
  const {
    provider,
    amount,
    lifetimeSeconds = 7 * DAY_SECONDS,
    model,
    maxRoyaltyBps,
    providerKey,
    ...options
  } = parameters;
  const signer = await resolveSigner(client, options);
  if (amount <= 0n) throw new SdkError('INVALID_ARGUMENT', 'a channel needs a deposit', { amount });
  if (lifetimeSeconds < MIN_CHANNEL_SECONDS || lifetimeSeconds > MAX_CHANNEL_SECONDS) {
    throw new SdkError('BAD_EXPIRY', 'a channel lives from a minute to a year', { lifetimeSeconds });
  }
  const payee = await getAccount(client, provider);
  if (payee.kind !== 'KEY') throw new SdkError('WRONG_KIND', 'only a KEY account can claim', { index: provider });
  if (providerKey !== undefined && (payee.a !== providerKey[0] || payee.b !== providerKey[1])) {
    throw new SdkError('KEY_MISMATCH', 'the provider has another key', { index: provider });
  }
  const checkToken = (index: number, token: number): void => {
    if (token === signer.token) return;
    throw new SdkError('WRONG_TOKEN', `account ${index} is of another token`, { token, expected: signer.token });
  };
  checkToken(provider, payee.token);
  if (model !== undefined) {
    const { token, royaltyBps } = await getAttestation(client, model);
    checkToken(model, token);
    if (maxRoyaltyBps !== undefined && royaltyBps > maxRoyaltyBps) {
      throw new SdkError('MODEL_MISMATCH', 'the model takes more than accepted', { royaltyBps, maxRoyaltyBps });
    }
  }
  const seed = parameters.voucherSeed ?? voucherSeed(signer.account);
  const { time } = await chainInfo(client);
  const expiry = time + lifetimeSeconds;
  const { index } = await open(client, {
    ...options,
    ...{ provider, amount, expiry, voucherKey: voucherKey(seed) },
    ...(model !== undefined && { model }),
  });
  // a voucher names nothing but the channel: it must be the one that was asked for
  const found = await getChannel(client, index);
  const isSame = found.provider === provider && found.model === (model ?? 0) && found.expiry === expiry;
  if (!isSame || found.payer !== signer.index) {
    throw new SdkError('BAD_ANSWER', `channel ${index} is not the one that was opened`, { index });
  }
  return ConsumerChannel.resume(client, { account: signer.account, channel: index, voucherSeed: seed });
}
