import { z } from 'zod';
import { hexToBytes } from '../../protocol/bytes.ts';
import { unpackPoint } from '../../protocol/crypto/babyjub.ts';
import { field, isCanonical } from '../../protocol/field.ts';
import { ACCOUNT_LIMIT } from '../../protocol/ids.ts';
import { proofFromJson, receiptFromJson } from '../../protocol/receipts/receiptCodec.ts';
import type { AccountIndex, Point } from '../../protocol/types.ts';
import { STATE_TAGS } from '../../sdk/rpcTypes.ts';

/** Wire form of the longest transaction: 255 claims (three payload words and a voucher's signature each), head and signature. */
const MAX_TX_BYTES = 14 + 255 * (30 + 96 + 96) + 96;

const hexBytes = (length: number) =>
  z.string().regex(new RegExp(`^0x[0-9a-fA-F]{${2 * length}}$`), `expected 0x and ${2 * length} hex digits`);

const coordinate = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,77})$/, 'expected a decimal string')
  .transform(BigInt)
  .refine(isCanonical, 'not below the field modulus');

/** Block and batch numbers: a JSON integer, or a decimal string for what a double cannot hold. */
const height = z.union([
  z.number().int().nonnegative(),
  z
    .string()
    .regex(/^(0|[1-9][0-9]{0,18})$/, 'expected a decimal string')
    .transform(BigInt),
]);

export const accountIndexParam = z
  .number()
  .int()
  .min(0)
  .max(ACCOUNT_LIMIT - 1)
  // in range by the two bounds above
  .transform((index) => index as AccountIndex);

export const transactionParam = z
  .string()
  .max(2 + 2 * MAX_TX_BYTES)
  .regex(/^0x([0-9a-fA-F]{2})+$/, 'expected 0x and an even number of hex digits')
  .transform(hexToBytes);

export const hashParam = hexBytes(32).transform(BigInt);
export const addressParam = hexBytes(20).transform(BigInt);
export const stateParam = z.enum(STATE_TAGS);

export const keyParams = z.union([
  z.tuple([coordinate, coordinate]).transform((point): Point => point),
  // throws ProtocolError MALFORMED_BYTES if it is no point of the curve
  z.tuple([hexBytes(32)]).transform(([packed]): Point => unpackPoint(hexToBytes(packed))),
]);

export const heightParam = height.transform(BigInt);
export const blockParam = z.union([z.literal('latest'), heightParam]);
export const batchNumberParam = height.transform(Number).refine(Number.isSafeInteger, 'batch numbers stay below 2^53');
export const batchParam = z.union([stateParam, batchNumberParam]);

/** 1 … 1000. */
const limit = z.number().int().min(1).max(1000).default(100);

export const channelFilterParam = z
  .strictObject({
    provider: accountIndexParam.optional(),
    payer: accountIndexParam.optional(),
    model: accountIndexParam.optional(),
    limit,
  })
  .transform(({ limit: most, ...roles }, context) => {
    const given = CHANNEL_ROLES.flatMap((role) => {
      const of = roles[role];
      return of === undefined ? [] : [{ role, of, limit: most }];
    });
    const [only, ...others] = given;
    if (only !== undefined && others.length === 0) return only;
    context.addIssue('expected exactly one of provider, payer, model');
    return z.NEVER;
  });
const CHANNEL_ROLES = ['provider', 'payer', 'model'] as const;

export const announcementFilterParam = z.strictObject({
  agent: accountIndexParam.optional(),
  service: accountIndexParam.optional(),
  model: accountIndexParam.optional(),
  after: accountIndexParam.optional(),
  // each can have 16 KiB
  limit: z.number().int().min(1).max(256).default(100),
});

export const limitParam = z.strictObject({ limit });
export const digestParam = hexBytes(32).transform(hexToBytes);
/** At most ten years. */
export const secondsParam = z.number().int().min(1).max(315_360_000);

/** The two JSON forms are those of protocol/receipts, whose parsers throw ProtocolErrors of their own. */
export const receiptQuestionParam = z.strictObject({
  receipt: z.unknown().transform(receiptFromJson),
  proof: z.unknown().transform(proofFromJson),
  claim: hashParam.transform(field).optional(),
});
