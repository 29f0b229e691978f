import { z } from 'zod';
import { CircuitError } from '../build/errors.ts';
import { DEV_POINTS } from './devSecret.ts';
import { Q_BN254 } from './r1cs.ts';
import type { VerifyingKey } from './vkey.ts';

/** Decimal, below the coordinate field: one spelling a point, so that points can be compared as text. */
const coordinate = z
  .string()
  .refine((s) => /^(0|[1-9]\d{0,77})$/.test(s) && BigInt(s) < Q_BN254, 'not a canonical coordinate');
const g1 = z.tuple([coordinate, coordinate, z.literal('1')]);
const fq2 = z.tuple([coordinate, coordinate]);
const g2 = z.tuple([fq2, fq2, z.tuple([z.literal('1'), z.literal('0')])]);

const schema = z
  .object({
    protocol: z.literal('groth16'),
    curve: z.literal('bn128'),
    nPublic: z.int().min(0).max(1000),
    vk_alpha_1: g1,
    vk_beta_2: g2,
    vk_gamma_2: g2,
    vk_delta_2: g2,
    vk_alphabeta_12: z.array(z.array(z.array(coordinate).length(2)).length(3)).length(2),
    IC: z.array(z.tuple([coordinate, coordinate, z.enum(['0', '1'])])),
  })
  .refine((key) => key.IC.length === key.nPublic + 1, 'IC does not have nPublic + 1 points');

/** Parses snarkjs's JSON of a verifying key; points must be affine and canonical. @throws CircuitError VKEY_MALFORMED. */
export function parseVerifyingKey(json: unknown): VerifyingKey {
  const parsed = schema.safeParse(json);
  if (!parsed.success)
    throw new CircuitError('VKEY_MALFORMED', z.prettifyError(parsed.error), {}, { cause: parsed.error });
  return parsed.data;
}

/** The same from a file's text. @throws CircuitError VKEY_MALFORMED. */
export function parseVerifyingKeyText(text: string): VerifyingKey {
  try {
    return parseVerifyingKey(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof CircuitError) throw cause;
    throw new CircuitError('VKEY_MALFORMED', 'not JSON', {}, { cause });
  }
}

/** The local chains on which dev keys may be deployed: anvil and hardhat, ganache and geth --dev. */
export const LOCAL_CHAIN_IDS: readonly number[] = [31337, 1337];

/**
 * Whether anybody can forge proofs under this key because a phase-2 contribution never took place: with gamma = delta
 * the public-input term and the proof's C element can be traded against each other. Veil Cash and FoomCash lost their
 * funds to exactly this in 2026. The negative of a point does the same harm as the point.
 */
export function isForgeableKey({ vk_gamma_2: gamma, vk_delta_2: delta }: VerifyingKey): boolean {
  return gamma[0]?.[0] === delta[0]?.[0] && gamma[0]?.[1] === delta[0]?.[1];
}

/** @throws CircuitError GAMMA_EQUALS_DELTA if the key is forgeable. */
export function refuseForgeableKey(vkey: VerifyingKey): void {
  if (!isForgeableKey(vkey)) return;
  throw new CircuitError(
    'GAMMA_EQUALS_DELTA',
    'the verifying key has gamma = delta (no phase-2 contribution): anybody can forge proofs',
  );
}

/**
 * Whether the trapdoor of this key is the published one, in whole or in part: an alpha, beta, gamma or delta of the
 * dev secret is known to everybody, also after further contributions to delta.
 */
export function isDevKey(vkey: VerifyingKey): boolean {
  return (
    vkey.vk_alpha_1[0] === DEV_POINTS.alpha1X ||
    vkey.vk_beta_2[0]?.[0] === DEV_POINTS.beta2X0 ||
    vkey.vk_gamma_2[0]?.[0] === DEV_POINTS.gamma2X0 ||
    vkey.vk_delta_2[0]?.[0] === DEV_POINTS.delta2X0
  );
}

/**
 * What a deployment calls before it lets a verifier guard funds on `chainId`.
 * @throws CircuitError GAMMA_EQUALS_DELTA, or DEV_KEY_REFUSED for the dev key outside the local chains.
 */
export function refuseUnsafeKey(vkey: VerifyingKey, chainId: number | bigint): void {
  refuseForgeableKey(vkey);
  if (isDevKey(vkey) && !LOCAL_CHAIN_IDS.includes(Number(chainId))) {
    throw new CircuitError('DEV_KEY_REFUSED', `dev keys secure nothing and are refused on chain ${chainId}`, {
      chainId: Number(chainId),
    });
  }
}
