import { z } from 'zod';
import { KeystoreError } from './errors.ts';

const hexBytes = (min: number, max: number) =>
  z
    .string()
    .regex(new RegExp(`^(0x)?([0-9a-fA-F]{2}){${min},${max}}$`), `expected ${min} to ${max} bytes in hexadecimal`)
    .transform((text) => Buffer.from(text.replace(/^0x/, ''), 'hex'));

const work = (max: number) => z.number().int().min(1).max(max);

const cryptoSchema = z.object({
  cipher: z.literal('aes-128-ctr'),
  cipherparams: z.object({ iv: hexBytes(16, 16) }),
  ciphertext: hexBytes(32, 32),
  mac: hexBytes(32, 32),
  kdf: z.string(),
  kdfparams: z.record(z.string(), z.unknown()),
});

// Bounds: what a hostile file may make us work. 2^27 · 8 = 1 GiB is the most that scrypt takes here.
const kdfSchema = z.discriminatedUnion('kdf', [
  z.object({
    kdf: z.literal('scrypt'),
    kdfparams: z
      .object({ dklen: work(64).min(32), n: work(2 ** 22), r: work(64), p: work(16), salt: hexBytes(1, 64) })
      .refine(({ n, r, p }) => 128 * n * r <= 2 ** 30 && p * n * r <= 2 ** 26, 'takes more than 1 GiB or half a minute')
      .refine(({ n }) => n >= 2 && (n & (n - 1)) === 0, 'n must be a power of two'),
  }),
  z.object({
    kdf: z.literal('pbkdf2'),
    kdfparams: z.object({
      dklen: work(64).min(32),
      c: work(10_000_000),
      prf: z.literal('hmac-sha256'),
      salt: hexBytes(1, 64),
    }),
  }),
]);

export type Kdf = z.infer<typeof kdfSchema>;

export interface ParsedKeystore {
  readonly kdf: Kdf;
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly mac: Buffer;
  /** Lower case; some programs leave it out. */
  readonly address: `0x${string}` | undefined;
}

/** Web3 Secret Storage version 3. @throws KeystoreError KEYSTORE_INVALID, KEYSTORE_UNSUPPORTED */
export function parseKeystore(json: unknown): ParsedKeystore {
  const outer = z
    .looseObject({
      version: z.literal(3),
      address: z
        .string()
        .regex(/^(0x)?[0-9a-fA-F]{40}$/)
        .optional(),
      crypto: z.unknown().optional(),
      Crypto: z.unknown().optional(),
    })
    .safeParse(json);
  if (!outer.success) throw invalid(outer.error);
  const { address, crypto, Crypto } = outer.data;
  const inner = cryptoSchema.safeParse(crypto ?? Crypto);
  if (!inner.success) throw invalid(inner.error);
  const { kdf, kdfparams, cipherparams, ciphertext, mac } = inner.data;
  const derivation = kdfSchema.safeParse({ kdf, kdfparams });
  if (!derivation.success) {
    const message = derivation.error.issues[0]?.message ?? '';
    throw new KeystoreError('KEYSTORE_UNSUPPORTED', `the keystore’s key derivation is not supported: ${message}`, {
      kdf: kdf.slice(0, 20),
    });
  }
  return {
    kdf: derivation.data,
    iv: cipherparams.iv,
    ciphertext,
    mac,
    address: address === undefined ? undefined : `0x${address.replace(/^0x/, '').toLowerCase()}`,
  };
}

function invalid(error: z.ZodError): KeystoreError {
  const [issue] = error.issues;
  const field = issue?.path.join('.') ?? '';
  return new KeystoreError('KEYSTORE_INVALID', `not a keystore of version 3: ${field} ${issue?.message ?? ''}`.trim(), {
    field,
  });
}
