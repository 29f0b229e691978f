/** What a receipt proves, for people. Pure. */
import type { ReceiptVerdict, Wire } from '../../sdk/rpcTypes.ts';
import { columns } from './columns.ts';
import { date } from './units.ts';

type Said = Pick<
  Wire<ReceiptVerdict>,
  'channel' | 'provider' | 'model' | 'sequence' | 'time' | 'inputHash' | 'outputHash'
> & {
  readonly price: string | bigint;
  readonly artefact?: string | bigint;
};

/** By the node's word, or by L1's data alone. */
export type Verified =
  | Wire<ReceiptVerdict>
  | (Said & {
      readonly isProven: true;
      readonly batch: number;
      readonly rollup: string;
      readonly settled: { readonly total: bigint; readonly receipts: number; readonly receiptsRoot: bigint };
    });

export function receiptView(verified: Verified): string {
  const { channel, provider, model, sequence, time, price, inputHash, outputHash } = verified;
  return columns([
    ['receipt', `${sequence} of channel ${channel}`],
    ['says', `account ${provider} ran model ${model === 0 ? '(none named)' : model}`],
    ['input', inputHash],
    ['output', outputHash],
    ['price', `${price} base units`],
    ['time', `${date(time)}, by the provider’s clock`],
    ['signed', 'by the provider'],
    ['paid', paid(verified)],
    ['whose word', 'isProven' in verified ? `L1’s: rollup ${verified.rollup}` : 'the node’s (--l1 asks L1 alone)'],
  ]);
}

function paid(verified: Verified): string {
  if ('isProven' in verified) return `by a claim in batch ${verified.batch}, proven on L1`;
  const { batch, state } = verified.claim;
  return `by a claim in batch ${batch}, ${state}${verified.isSettled ? ' on L1' : ': not final yet'}`;
}

const REFUSALS: Readonly<Record<string, string>> = {
  RECEIPT_CHANNEL: 'it is a receipt of another channel',
  CLAIM_PROVIDER: 'the claim was not paid to the channel’s provider',
  RECEIPT_MODEL: 'it names another model than the channel does',
  RECEIPT_SIGNATURE: 'the channel’s provider did not sign it so: other key, other network, or changed since',
  RECEIPT_POSITION: 'the proof is for another number than the receipt’s',
  RECEIPT_NOT_INCLUDED: 'no claim of the channel settled it (yet)',
  RECEIPT_PRICE: 'its price is more than the claim paid in all',
};

/** Why a receipt proves nothing, if that is what the code means (docs/receipts.md, section 2). */
export function receiptRefusal(code: string): string | undefined {
  return REFUSALS[code];
}
