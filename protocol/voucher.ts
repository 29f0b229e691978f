import { AMOUNT_LIMIT } from './account.ts';
import { sign, verify } from './crypto/eddsa.ts';
import { poseidon } from './crypto/poseidon.ts';
import { derivedDomain } from './derivedDomain.ts';
import { ProtocolError } from './errors.ts';
import { field } from './field.ts';
import { accountIndex } from './ids.ts';
import type { Field, Point, SignedVoucher, Voucher } from './types.ts';

const domainOf = derivedDomain(1n);

/** First word of every voucher's message: no transaction and no receipt, and no other deployment's voucher, has the same. */
export function voucherDomain(domain: Field): Field {
  return domainOf(domain);
}

/** Its words, all in range. @throws ProtocolError AMOUNT_OUT_OF_RANGE, INDEX_OUT_OF_RANGE, WORD_NOT_CANONICAL */
export function voucherWords({ channel, total, receiptsRoot }: Voucher): [bigint, bigint, bigint] {
  accountIndex(channel);
  if (total < 0n || total >= AMOUNT_LIMIT) throw new ProtocolError('AMOUNT_OUT_OF_RANGE', { total });
  return [BigInt(channel), total, field(receiptsRoot)];
}

/**
 * What the channel's voucher key signs: "of this channel, in this deployment, `total` in all is the provider's, for the receipts
 * under this root" (docs/protocol.md, CLAIM).
 * @throws ProtocolError as `voucherWords`
 */
export function voucherMessage(voucher: Voucher, domain: Field): Field {
  return poseidon([voucherDomain(domain), ...voucherWords(voucher)]);
}

/** @throws ProtocolError as `voucherMessage`, and INVALID_ARGUMENT unless the seed has 32 bytes */
export function signVoucher(voucher: Voucher, seed: Uint8Array, domain: Field): SignedVoucher {
  const { channel, total, receiptsRoot } = voucher;
  return { channel, total, receiptsRoot, signature: sign(seed, voucherMessage(voucher, domain)) };
}

/** Whether `key` signed exactly this voucher for this deployment. @throws ProtocolError as `voucherMessage` */
export function verifyVoucher(voucher: SignedVoucher, key: Point, domain: Field): boolean {
  return verify(key, voucherMessage(voucher, domain), voucher.signature);
}
