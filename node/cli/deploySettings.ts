import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { RollupSettings } from '../../bridge/deploy/deploy.ts';
import type { RegistrySettings } from '../../bridge/deploy/registry.ts';
import { CliError, Exit } from './output.ts';

const seconds = z.int().positive();
const wei = z
  .string()
  .regex(/^\d{1,30}$/)
  .transform(BigInt);
const rollup = {
  graceSeconds: seconds.optional(),
  proveDeadlineSeconds: seconds.optional(),
  queueDeadlineSeconds: seconds.optional(),
  maxDriftSeconds: seconds.optional(),
  maxAgeSeconds: seconds.optional(),
  bond: wei.optional(),
  queueFee: wei.optional(),
  registrationFee: wei.optional(),
};
const registry = {
  epochSeconds: seconds.optional(),
  slotSeconds: seconds.optional(),
  unstakeDelaySeconds: seconds.optional(),
  minStake: wei.optional(),
  rewardPerEpoch: wei.optional(),
  maxSeats: z.int().min(1).max(256).optional(),
};
const schema = z.strictObject({ ...rollup, registry: z.strictObject(registry).optional() });

/** Times in seconds, money in wei; what is absent takes the defaults. */
export interface DeploySettings {
  readonly rollup: Partial<RollupSettings>;
  readonly registry: Partial<RegistrySettings>;
}

/** @throws CliError BAD_SETTINGS */
export function readDeploySettings(file: string): DeploySettings {
  let text: unknown;
  try {
    text = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'BAD_SETTINGS', `${file} cannot be read as JSON`, { cause });
  }
  const parsed = schema.safeParse(text);
  if (!parsed.success) throw new CliError(Exit.USAGE, 'BAD_SETTINGS', `${file}: ${z.prettifyError(parsed.error)}`);
  const { registry: ofRegistry = {}, ...ofRollup } = parsed.data;
  return { rollup: present(ofRollup), registry: present(ofRegistry) };
}

/** Without what is absent, so that the defaults apply. */
function present<T extends object>(settings: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // the filter leaves exactly these
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
