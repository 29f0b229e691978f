import { z } from 'zod';
import type { Hex } from '../protocol/lane/types.ts';
import { GenesisError } from './errors.ts';
import type { ChainSpec } from './spec.ts';

const VERSION = 1;
/** EIP-170. */
const MAX_CODE_BYTES = 24_576;
/** 16 deposits with as much gas as they may have (24 M), and as much again for everybody else. */
const MIN_GAS_LIMIT = 48_000_000;
/** EIP-1559 cannot raise a base fee below this: an eighth of it would be 0. */
const MIN_BASE_FEE = 8;
/** Headers carry 64 bits; 2^53 − 1 is what JSON's numbers hold. */
const safeInteger = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

const hex = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/, 'expected bytes in hex')
  .transform((text) => text.toLowerCase() as Hex); // the pattern above
const address = hex.refine((text) => text.length === 42, 'expected 20 bytes');
const word = hex.refine((text) => text.length === 66, 'expected 32 bytes');

const account = z.strictObject({
  address,
  balance: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,38})$/, 'expected an amount in decimal digits')
    .transform(BigInt)
    .default(0n),
  nonce: safeInteger.default(0),
  code: hex
    .refine((text) => text.length <= 2 + 2 * MAX_CODE_BYTES, `over ${MAX_CODE_BYTES} bytes (EIP-170)`)
    .optional(),
  storage: z
    .record(
      word,
      word.refine((value) => !/^0x0*$/.test(value), 'zeros are not stored'),
    )
    .optional(),
});

const schema = z.strictObject({
  version: z.literal(VERSION),
  name: z.string().min(1).max(64),
  hardfork: z.literal('prague'),
  l2ChainId: safeInteger.min(1),
  timestamp: safeInteger,
  gasLimit: safeInteger.min(MIN_GAS_LIMIT),
  baseFeePerGas: safeInteger.min(MIN_BASE_FEE),
  isUnbacked: z.boolean().default(false),
  predeploys: z.array(z.strictObject({ name: z.string(), address, codeHash: word })),
  accounts: z.array(account).default([]),
});

/**
 * A spec from parsed JSON: its own form only; `genesisState` compares it with what this program builds.
 * @throws GenesisError SPEC_VERSION, SPEC_HARDFORK, SPEC_INVALID {field, reason}
 */
export function parseSpec(json: unknown): ChainSpec {
  // These two first: of another version, nothing else can be said to be wrong.
  const { version, hardfork } = z.looseObject({}).safeParse(json).data ?? {};
  if (version !== undefined && version !== VERSION)
    throw new GenesisError('SPEC_VERSION', { field: 'version', version });
  if (hardfork !== undefined && hardfork !== 'prague') {
    throw new GenesisError('SPEC_HARDFORK', { field: 'hardfork', hardfork });
  }
  const result = schema.safeParse(json);
  if (!result.success) {
    const issue = result.error.issues[0];
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
    throw new GenesisError('SPEC_INVALID', {
      field: [...(issue?.path ?? []), ...unknown].join('.'),
      reason: issue?.message,
    });
  }
  const { version: _version, ...spec } = result.data;
  return {
    ...spec,
    l2ChainId: BigInt(spec.l2ChainId),
    gasLimit: BigInt(spec.gasLimit),
    baseFeePerGas: BigInt(spec.baseFeePerGas),
    accounts: spec.accounts.map(({ code, storage, ...rest }) => ({
      ...rest,
      ...(code === undefined ? {} : { code }),
      ...(storage === undefined ? {} : { storage: storage as Readonly<Record<Hex, Hex>> }), // keys matched `word`
    })),
  };
}
