import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileCircom } from '../../circuits/build/compile.ts';
import { generateDevKeys } from '../../circuits/keys/devKeys.ts';
import { readVerifyingKey } from '../../circuits/keys/vkey.ts';

/** Public signals named and ordered as the batch circuit's, over a statement small enough to prove in a moment: c·r = y, r = x². */
const SOURCE = `pragma circom 2.2.3;
template Tiny() {
    signal input c;
    signal input r;
    signal input y;
    signal input x[2];
    x[0] * x[1] === r;
    x[0] === x[1];
    c * r === y;
}
component main {public [c, r, y]} = Tiny();
`;

export interface TinyCircuit {
  readonly files: { readonly wasm: string; readonly zkey: string; readonly vkey: string };
  readonly remove: () => Promise<void>;
}

/** A real circuit with real keys, in a folder of its own. */
export async function tinyCircuit(): Promise<TinyCircuit> {
  const dir = await mkdtemp(join(tmpdir(), 'engram-tiny-'));
  const { r1cs, wasm } = await compileCircom({ source: SOURCE, outDir: dir });
  const zkey = join(dir, 'circuit.zkey');
  const vkey = join(dir, 'vkey.json');
  await generateDevKeys({ r1cs, zkey, threads: 1 });
  await writeFile(vkey, JSON.stringify(await readVerifyingKey(zkey)));
  return { files: { wasm, zkey, vkey }, remove: () => rm(dir, { recursive: true, force: true }) };
}
