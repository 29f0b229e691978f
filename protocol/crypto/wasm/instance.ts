import { addFieldFunctions, FIELD_SCRATCH_BYTES } from './arithmetic.ts';
import { ModuleBuilder } from './assembler.ts';
import { addEddsaFunctions } from './eddsaFunctions.ts';
import { allocate, MEMORY_PAGES, memory } from './memory.ts';
import { addPointFunctions } from './pointFunctions.ts';
import { addPoseidon, POSEIDON_SCRATCH_BYTES } from './poseidonFunction.ts';

/** All parameters are addresses; what lies there is said where the functions are assembled. */
interface Exports {
  poseidon(descriptor: number, inputs: number, output: number): void;
  multiply(to: number, a: number, b: number): void;
  square(to: number, a: number): void;
  power5(to: number, x: number, constant: number): void;
  dot(to: number, left: number, right: number, endOfLeft: number): void;
  invert(to: number, from: number): void;
  enter(to: number, from: number): void;
  leave(to: number, from: number): number;
  double(point: number): void;
  add(point: number, entry: number, isNegative: number): void;
  makeEntry(entry: number, point: number): void;
  multiplyBase(): void;
  verify(descriptor: number): number;
  verifyPrepared(descriptor: number): number;
}

const module = new ModuleBuilder();
const field = addFieldFunctions(module, allocate(FIELD_SCRATCH_BYTES));
const poseidon = addPoseidon(module, field, allocate(POSEIDON_SCRATCH_BYTES));
export const eddsaAddresses = addEddsaFunctions(module, field, addPointFunctions(module, field), poseidon);

const compiled = new WebAssembly.Module(module.encode(MEMORY_PAGES));

/** The functions of the module, assembled when this file is first imported. They share static scratch memory: never re-enter. */
// The module exports exactly these; WebAssembly's types cannot say so.
export const wasm = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Exports;
