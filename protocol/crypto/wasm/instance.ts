import { addFieldFunctions, FIELD_SCRATCH_BYTES } from './arithmetic.ts';
import { ModuleBuilder } from './assembler.ts';
import { allocate, MEMORY_PAGES, memory } from './memory.ts';
import { addPoseidon, POSEIDON_SCRATCH_BYTES } from './poseidonFunction.ts';

interface Exports {
  /** (descriptor, inputs, output) */
  poseidon(descriptor: number, inputs: number, output: number): void;
}

function build(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const field = addFieldFunctions(module, allocate(FIELD_SCRATCH_BYTES));
  addPoseidon(module, field, allocate(POSEIDON_SCRATCH_BYTES));
  return module.encode(MEMORY_PAGES);
}

const instance = new WebAssembly.Instance(new WebAssembly.Module(build()), { env: { memory } });

/** The functions of the module assembled when this file is first imported. They share static scratch memory: never re-enter. */
// The module above exports exactly these; WebAssembly's types cannot say so.
export const wasm = instance.exports as unknown as Exports;
