import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sharedLevels } from '../sharedLevels.ts';
import { CircuitError } from './errors.ts';
import { PACKAGE_ROOT } from './paths.ts';

export const CIRCUIT_NAMES = ['batch-small', 'batch-dev', 'batch-medium', 'batch-large', 'account-proof'] as const;
export type CircuitName = (typeof CIRCUIT_NAMES)[number];

/** Parses a name from the command line. @throws CircuitError UNKNOWN_CIRCUIT. */
export function circuitName(text: string): CircuitName {
  const found = CIRCUIT_NAMES.find((name) => name === text);
  if (!found)
    throw new CircuitError('UNKNOWN_CIRCUIT', `no circuit "${text}"; there are ${CIRCUIT_NAMES.join(', ')}`, {
      name: text,
    });
  return found;
}

/** The file with `component main` of a circuit: shape and public inputs are fixed here, the templates are generic. */
export async function mainSource(name: CircuitName): Promise<string> {
  if (name === 'account-proof') {
    return wrapper('circuits/accountProof.circom', 'root, index, state, a, b, c', 'AccountProof()');
  }
  const shapes = JSON.parse(await readFile(path.join(PACKAGE_ROOT, 'circuits/shapes.json'), 'utf8')) as Record<
    string,
    Record<'L' | 'N' | 'S' | 'A' | 'E', number>
  >;
  const shape = shapes[name.slice('batch-'.length)];
  if (!shape) throw new CircuitError('UNKNOWN_CIRCUIT', `no shape for "${name}"`, { name });
  return batchSource(shape);
}

/** The batch circuit for any slot counts (the shapes are what gets deployed; other counts serve measurements). */
export function batchSource(
  sizes: Readonly<Record<'L' | 'N' | 'S' | 'A' | 'E', number>> & { bits?: number; shared?: number },
): string {
  const { L, N, S, A, E } = sizes;
  // Positions 1 … L + N of the batch's operations.
  const bits = sizes.bits ?? (L + N).toString(2).length;
  const shared = sizes.shared ?? sharedLevels(A);
  return wrapper('circuits/batch.circom', 'c, r, y', `Batch(${[L, N, S, A, E, bits, shared].join(', ')})`);
}

function wrapper(include: string, publicSignals: string, component: string): string {
  return `pragma circom 2.1.6;\ninclude "${include}";\ncomponent main {public [${publicSignals}]} = ${component};\n`;
}
