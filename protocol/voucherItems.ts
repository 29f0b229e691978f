import { payloadWord } from './codec/opWords.ts';
import { checkVoucherCount } from './codec/tx.ts';
import type { SignedMessage } from './crypto/eddsa.ts';
import { ProtocolError } from './errors.ts';
import { type Account, type AccountIndex, type Field, Kind, Opcode, type SignedTx } from './types.ts';
import { voucherMessage } from './voucher.ts';

/**
 * The voucher of each CLAIM of a transaction, in order, as a signature to check with the channel's voucher key.
 * @throws ProtocolError UNKNOWN_ACCOUNT, WRONG_KIND (not a channel), AMOUNT_OUT_OF_RANGE (total), INVALID_ARGUMENT (number of vouchers)
 */
export function voucherItems(
  tx: SignedTx,
  domain: Field,
  get: (index: AccountIndex) => Account | undefined,
): SignedMessage[] {
  checkVoucherCount(tx);
  const items: SignedMessage[] = [];
  for (const op of tx.ops) {
    if (op.opcode !== Opcode.CLAIM) continue;
    const channel = get(op.from);
    if (channel === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index: op.from });
    if (channel.kind !== Kind.CHANNEL) throw new ProtocolError('WRONG_KIND', { index: op.from, kind: channel.kind });
    const signature = tx.vouchers[items.length];
    if (signature === undefined) throw new ProtocolError('INVALID_ARGUMENT', { vouchers: tx.vouchers.length });
    const voucher = { channel: op.from, total: payloadWord(op, 0), receiptsRoot: payloadWord(op, 1) };
    items.push({ pub: [channel.a, channel.b], message: voucherMessage(voucher, domain), signature });
  }
  return items;
}
