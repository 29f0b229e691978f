import { readFile, writeFile } from 'node:fs/promises';
import * as snarkjs from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { terminateSnarkjs } from '../../circuits/build/snarkCurve.ts';
import { ProverError } from '../errors.ts';
import { snarkjsProof } from '../proofFormat.ts';
import { type TinyCircuit, tinyCircuit } from '../testing/tinyCircuit.ts';
import { snarkjsBackend } from './snarkjs.ts';

const INPUTS = { c: 3n, r: 49n, y: 147n, x: [7n, 7n] };

let tiny: TinyCircuit;

beforeAll(async () => {
  tiny = await tinyCircuit();
});

afterAll(async () => {
  await terminateSnarkjs();
  await tiny.remove();
});

async function codeOf(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => 'no error',
    (error: unknown) => (error instanceof ProverError ? error.code : error),
  );
}

describe('snarkjsBackend', () => {
  it('makes a proof that the verifying key accepts, in the order Solidity wants', async () => {
    const stages: string[] = [];
    const result = await snarkjsBackend().prove(
      { inputs: INPUTS, artifacts: tiny.files },
      { onProgress: ({ stage }) => void stages.push(stage) },
    );
    expect(stages).toEqual(['witness', 'prove', 'verify']);
    expect(result.publicSignals).toEqual([3n, 49n, 147n]);
    expect(result.peakMemoryMB).toBeGreaterThan(10);
    const proof = snarkjsProof(result.proof);
    const vkey = JSON.parse(await readFile(tiny.files.vkey, 'utf8'));
    const signals = result.publicSignals.map(String);
    // The cast: snarkjs's type wants mutable arrays.
    expect(await snarkjs.groth16.verify(vkey, signals, proof as never)).toBe(true);
    expect(await snarkjs.groth16.verify(vkey, ['3', '49', '148'], proof as never)).toBe(false);
    // snarkjs's own Solidity export says where every coordinate goes.
    const calldata = JSON.parse(`[${await snarkjs.groth16.exportSolidityCallData(proof as never, signals)}]`);
    const { a, b, c } = result.proof;
    expect(calldata.slice(0, 3).flat(2).map(BigInt)).toEqual([...a, ...b[0], ...b[1], ...c]);
  });

  it('says when the inputs do not satisfy the circuit', async () => {
    const inputs = { ...INPUTS, y: 148n };
    expect(await codeOf(snarkjsBackend().prove({ inputs, artifacts: tiny.files }))).toBe('WITNESS_FAILED');
  });

  it('says when the proving key is not there', async () => {
    const artifacts = { ...tiny.files, zkey: `${tiny.files.zkey}.missing` };
    expect(await codeOf(snarkjsBackend().prove({ inputs: INPUTS, artifacts }))).toBe('PROVE_FAILED');
  });

  it('does not hand out what the verifying key refuses', async () => {
    const vkey = JSON.parse(await readFile(tiny.files.vkey, 'utf8'));
    const [first, ...rest] = vkey.IC;
    const other = `${tiny.files.vkey}.other`;
    await writeFile(other, JSON.stringify({ ...vkey, IC: [...rest, first] }));
    const artifacts = { ...tiny.files, vkey: other };
    expect(await codeOf(snarkjsBackend().prove({ inputs: INPUTS, artifacts }))).toBe('PROOF_INVALID');
  });

  it('is cancelled at once, before and during the work', async () => {
    const backend = snarkjsBackend();
    const request = { inputs: INPUTS, artifacts: tiny.files };
    expect(await codeOf(backend.prove(request, { signal: AbortSignal.abort() }))).toBe('CANCELLED');
    const abort = new AbortController();
    expect(await codeOf(backend.prove(request, { signal: abort.signal, onProgress: () => abort.abort() }))).toBe(
      'CANCELLED',
    );
  });

  it('says when the process dies', async () => {
    // Not enough heap to start with: the process ends by itself.
    const backend = snarkjsBackend({ maxHeapMB: 1 });
    expect(await codeOf(backend.prove({ inputs: INPUTS, artifacts: tiny.files }))).toBe('BACKEND_DIED');
  });
});
