import { ProtocolError } from '../errors.ts';
import { isCanonical } from '../field.ts';
import type { Field } from '../types.ts';
import { MAX_ARITY } from './poseidonConstants.ts';
import { derivePoseidonParameters } from './poseidonParameters.ts';
import { wasm } from './wasm/instance.ts';
import { ELEMENT_BYTES, writeElement } from './wasm/limbs.ts';
import { allocate, readInteger, words, writeInteger } from './wasm/memory.ts';
import { DESCRIPTOR, DESCRIPTOR_BYTES } from './wasm/poseidonFunction.ts';

const INTEGER_BYTES = 32;
const inputs = allocate(MAX_ARITY * INTEGER_BYTES);
const output = allocate(INTEGER_BYTES);

/** Addresses of the descriptors by arity; 0 until an arity is first used, because deriving one takes 5 to 60 ms. */
const descriptors = new Int32Array(MAX_ARITY + 1);

function storeElements(elements: readonly bigint[]): number {
  const address = allocate(elements.length * ELEMENT_BYTES);
  elements.forEach((x, i) => {
    writeElement(words, (address + i * ELEMENT_BYTES) >> 2, x);
  });
  return address;
}

/** Address of the descriptor for `arity` inputs, made on first use. @throws ProtocolError INVALID_ARGUMENT */
export function poseidonDescriptor(arity: number): number {
  const known = descriptors[arity];
  if (known === undefined || arity === 0) throw new ProtocolError('INVALID_ARGUMENT', { arity });
  if (known !== 0) return known;
  const p = derivePoseidonParameters(arity);
  const address = allocate(DESCRIPTOR_BYTES);
  const put = (offset: number, value: number) => {
    words[(address + offset) >> 2] = value;
  };
  put(DESCRIPTOR.t, p.t);
  put(DESCRIPTOR.partialRounds, p.partialRounds);
  put(DESCRIPTOR.constants, storeElements(p.constants));
  put(DESCRIPTOR.matrix, storeElements(p.matrix.flat()));
  put(DESCRIPTOR.entry, storeElements(p.entry.flat()));
  put(DESCRIPTOR.recursion, storeElements(p.recursion));
  put(DESCRIPTOR.exit, storeElements(p.exit.flat()));
  descriptors[arity] = address;
  return address;
}

function hashRange(values: readonly bigint[], from: number, arity: number, descriptor: number): Field {
  for (let i = 0; i < arity; i++) {
    const value = values[from + i] as bigint;
    if (!isCanonical(value)) throw new ProtocolError('WORD_NOT_CANONICAL', { value });
    writeInteger(inputs + i * INTEGER_BYTES, value);
  }
  wasm.poseidon(descriptor, inputs, output);
  // The module returns the canonical representative.
  return readInteger(output) as Field;
}

/**
 * circomlib's Poseidon of 1 … 16 field elements, initial state 0, output 0.
 * @throws ProtocolError INVALID_ARGUMENT (number of inputs), WORD_NOT_CANONICAL
 */
export function poseidon(values: readonly bigint[]): Field {
  return hashRange(values, 0, values.length, poseidonDescriptor(values.length));
}

/**
 * Hashes `values.length / arity` groups that lie one after the other.
 * @throws ProtocolError INVALID_ARGUMENT, WORD_NOT_CANONICAL
 */
export function poseidonMany(arity: number, values: readonly bigint[]): Field[] {
  const descriptor = poseidonDescriptor(arity);
  if (values.length % arity !== 0) throw new ProtocolError('INVALID_ARGUMENT', { values: values.length, arity });
  const hashes: Field[] = [];
  for (let from = 0; from < values.length; from += arity) hashes.push(hashRange(values, from, arity, descriptor));
  return hashes;
}
