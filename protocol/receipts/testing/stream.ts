import { sha256 } from '@noble/hashes/sha2.js';
import { accountIndex } from '../../ids.ts';
import { actor, TEST_DOMAIN, TEST_TIME } from '../../testing/actors.ts';
import type { Field, SignedVoucher, Voucher } from '../../types.ts';
import { signVoucher } from '../../voucher.ts';
import {
  type CheckPolicy,
  ConsumerBook,
  EVERY_VOUCHER,
  type PaidRequest,
  ProviderBook,
  type Work,
} from '../channelBook.ts';
import { type Receipt, type SignedReceipt, signReceipt } from '../receipt.ts';

/** For tests of receipts: a channel between two actors and both sides' books. */
export const CONSUMER = actor(1);
export const PROVIDER = actor(2);
export const STRANGER = actor(3);
export const CHANNEL = accountIndex(70);
export const MODEL = accountIndex(50);
export const EXPIRY = TEST_TIME + 1000;
export const LIMIT = 1_000n;
export const NOW = TEST_TIME;

export function digest(text: string): Uint8Array {
  return sha256(new TextEncoder().encode(text));
}

export function request(n: number, price = 10n): PaidRequest {
  return { price, inputHash: digest(`input ${n}`) };
}

export function work(n: number, price = 10n): Work {
  const { inputHash } = request(n, price);
  return { price, time: TEST_TIME + n, inputHash, outputHash: digest(`output ${n}`), execution: 0n as Field };
}

export function receipt(sequence: number, change: Partial<Receipt> = {}): SignedReceipt {
  return signReceipt(
    { channel: CHANNEL, model: MODEL, sequence, ...work(sequence), ...change },
    PROVIDER.seed,
    TEST_DOMAIN,
  );
}

export function sign(voucher: Voucher, who = CONSUMER, domain: Field = TEST_DOMAIN): SignedVoucher {
  return signVoucher(voucher, who.seed, domain);
}

/** Same contents, but a signature of nobody. */
export function forged(voucher: Voucher): SignedVoucher {
  return sign(voucher, STRANGER);
}

export function consumerBook(limit = LIMIT): ConsumerBook {
  return new ConsumerBook({ channel: CHANNEL, model: MODEL, providerKey: PROVIDER.key, domain: TEST_DOMAIN, limit });
}

export function providerBook(policy: CheckPolicy = EVERY_VOUCHER, limit = LIMIT): ProviderBook {
  const parts = { channel: CHANNEL, model: MODEL, voucherKey: CONSUMER.key, domain: TEST_DOMAIN };
  return new ProviderBook({ ...parts, expiry: EXPIRY, limit, policy });
}

export interface Stream {
  readonly consumer: ConsumerBook;
  readonly provider: ProviderBook;
  readonly receipts: SignedReceipt[];
}

/** `count` honest requests, each with its receipt received. */
export function stream(count: number, policy: CheckPolicy = EVERY_VOUCHER): Stream {
  const [consumer, provider] = [consumerBook(), providerBook(policy)];
  const receipts: SignedReceipt[] = [];
  for (let i = 0; i < count; i += 1) {
    const voucher = sign(consumer.next(undefined, request(i)));
    provider.accept(voucher, { price: 10n, now: NOW });
    const made = provider.issue(work(i), PROVIDER.seed);
    consumer.receive(made);
    receipts.push(made);
  }
  return { consumer, provider, receipts };
}
