import { SdkError } from '../errors.ts';
import * as build from '../ops.ts';
import type { AnyClient } from '../request.ts';
import type { Hex } from '../rpcTypes.ts';
import { getChannel } from './reads.ts';
import { send, type WriteOptions } from './send.ts';
import { resolveSigner } from './signer.ts';

export interface CloseParameters extends Omit<WriteOptions, 'from' | 'token'> {
  readonly channel: number;
  /** Base units. Default: all that is left, less the fee. */
  readonly amount?: bigint;
}

/**
 * Takes back what is left of a channel that is over; only its payer can. Returns the transaction's hash.
 * @throws SdkError CHANNEL_NOT_OVER, NOT_FOUND, NOT_AUTHORIZED; as `send`
 */
export async function close(client: AnyClient, parameters: CloseParameters): Promise<Hex> {
  const { channel, amount, ...options } = parameters;
  const found = await getChannel(client, channel);
  if (!found.isOver) {
    const { claimableUntil } = found;
    throw new SdkError('CHANNEL_NOT_OVER', `the provider can claim until ${claimableUntil}`, { claimableUntil });
  }
  const signer = await resolveSigner(client, { ...options, from: found.payer });
  const { index: to } = signer;
  return send(
    client,
    {
      signer,
      ops: (fee) => [
        build.close({ channel: found.index, to, amount: amount ?? atLeastZero(found.balance - fee), fee }),
      ],
    },
    options,
  );
}

/** What cannot pay its fee is the ledger's to refuse. */
function atLeastZero(amount: bigint): bigint {
  return amount < 0n ? 0n : amount;
}
