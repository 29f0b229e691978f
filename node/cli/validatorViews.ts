import type { ValidatorView } from '../../bridge/client/registryReader.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { CliError, Exit } from './output.ts';
import { date, money } from './units.ts';
import type { OpenRegistry } from './validatorContext.ts';

/** @throws CliError UNKNOWN_VALIDATOR */
export async function registered(signer: Hex, { registry }: Pick<OpenRegistry, 'registry'>): Promise<ValidatorView> {
  const found = await registry.validator(signer);
  if (found === undefined)
    throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_VALIDATOR', `${signer} is no validator’s signer`);
  return found;
}

/** First second of an epoch. */
export function startOf(epoch: number, { parameters }: Pick<OpenRegistry, 'parameters'>): number {
  return parameters.start + epoch * parameters.epochSeconds;
}

/**
 * waiting: it counts from a later epoch on. active. leaving: it counts until the epoch ends. left: it counts no more, its stake is free later, or is
 * paid out. slashed.
 */
export type ValidatorState = 'waiting' | 'active' | 'leaving' | 'left' | 'slashed';

/** @param epoch the present one */
export function stateOf({ isSlashed, activeFrom, activeUntil }: ValidatorView, epoch: number): ValidatorState {
  if (isSlashed) return 'slashed';
  if (activeUntil !== undefined) return epoch < activeUntil ? 'leaving' : 'left';
  return epoch < activeFrom ? 'waiting' : 'active';
}

const AMOUNTS = new Set([
  'stake',
  'amount',
  'added',
  'weight',
  'totalWeight',
  'pending',
  'reward',
  'pot',
  'claimed',
  'thisEpochSoFar',
]);
const TIMES = new Set(['countsFrom', 'countsUntil', 'withdrawableAt', 'at', 'epochEnds']);

/** For people: ETH and dates instead of wei and seconds. */
export function view(result: object): string {
  return rows(result).join('\n');
}

function rows(result: object, indent = ''): string[] {
  return Object.entries(result).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (Array.isArray(value)) {
      const items = value.map((item: unknown) =>
        typeof item === 'object' && item !== null ? line(item) : String(item),
      );
      return [`${indent}${name.padEnd(18)} ${items.length === 0 ? 'none' : items.join(', ')}`];
    }
    if (typeof value === 'object' && value !== null) return [`${indent}${name}`, ...rows(value, `${indent}  `)];
    return [`${indent}${name.padEnd(18)} ${shown(name, value)}`];
  });
}

function line(item: object): string {
  return Object.entries(item)
    .map(([name, value]) => (name === 'at' || name === 'amount' ? shown(name, value) : `${name} ${shown(name, value)}`))
    .join(' ');
}

function shown(name: string, value: unknown): string {
  if (AMOUNTS.has(name) && typeof value === 'bigint') return money(value, 0);
  if (TIMES.has(name) && typeof value === 'number') return date(value);
  return String(value);
}
