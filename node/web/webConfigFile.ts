import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { WebConfig } from '../../sdk/webConfig.ts';
import { address } from '../config/fields.ts';
import { WebError } from './errors.ts';

export const CONFIG_FILE = 'config.json';

const chainId = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const httpUrl = z.url({ protocol: /^https?$/ });
/** Where `engram web build` puts the circuit: nothing else is served. */
const circuit = (name: string) => z.string().regex(new RegExp(`^\\./circuits/account-proof/[0-9a-f]{32}/${name}$`));

const schema = z.strictObject({
  version: z.literal(1),
  name: z.string().min(1).max(64),
  rpc: z.union([httpUrl, z.literal('/')]).optional(),
  l1: z.strictObject({
    chainId,
    name: z.string().min(1).max(64),
    rpc: httpUrl.optional(),
    explorer: httpUrl.optional(),
    confirmations: z.number().int().min(0).max(256),
    blockSeconds: z.number().positive().max(3_600),
  }),
  l2: z.strictObject({ chainId }),
  rollup: address,
  deployedAt: z.number().int().nonnegative(),
  evmLane: address.optional(),
  attestations: address.optional(),
  pace: z.strictObject({ batchSeconds: z.number().positive(), proofSeconds: z.number().positive() }),
  accountProof: z
    .strictObject({
      wasm: circuit('circuit\\.wasm'),
      zkey: circuit('circuit\\.zkey'),
      vkey: circuit('vkey\\.json'),
    })
    .optional(),
});

/** @throws WebError WEB_CONFIG_INVALID */
export function parseWebConfig(json: unknown, source: string): WebConfig {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data as WebConfig; // absent members are absent, not undefined: JSON has none
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  const message = `${source}: ${field === '' ? '' : `${field}: `}${issue?.message ?? 'invalid'}`;
  throw new WebError('WEB_CONFIG_INVALID', message, { source, field });
}

/** @throws WebError WEB_CONFIG_INVALID */
export async function readWebConfig(dir: string): Promise<WebConfig> {
  const source = path.join(dir, CONFIG_FILE);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(source, 'utf8'));
  } catch (cause) {
    throw new WebError('WEB_CONFIG_INVALID', `${source} cannot be read, or is not JSON`, { source }, { cause });
  }
  return parseWebConfig(json, source);
}
