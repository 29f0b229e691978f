import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Artifacts, ensureArtifacts } from '../circuits/build/artifacts.ts';
import { terminateSnarkjs } from '../circuits/build/snarkCurve.ts';
import { l1Scenario, scenario } from '../circuits/test/scenario.ts';
import { snarkjsBackend } from './backends/snarkjs.ts';
import { ProverError } from './errors.ts';
import { proveBatch } from './proveBatch.ts';
import { batchWitness } from './witness.ts';

let artifacts: Artifacts;

beforeAll(async () => {
  artifacts = await ensureArtifacts('batch-small');
});

afterAll(() => terminateSnarkjs());

describe('a real batch', () => {
  it('is proven with the circuit of its shape, for exactly its C, r and y', async () => {
    const { closed } = scenario();
    const { c, r, y } = closed.commitment;
    const result = await proveBatch(closed, artifacts, { backend: snarkjsBackend({ isLowPriority: false }) });
    expect(result.publicSignals).toEqual([c, r, y]);
    expect(result.seconds.prove).toBeGreaterThan(0);
  });

  it('has a witness, whose public part is C, r and y', async () => {
    const { closed } = l1Scenario();
    const { c, r, y } = closed.commitment;
    const bytes = await batchWitness(closed, artifacts);
    expect(Buffer.from(bytes.subarray(0, 4)).toString()).toBe('wtns');
    // The words after the headers: 1, C, r, y, …, little-endian.
    const at = bytes.length - witnessBytes(bytes);
    expect([0, 1, 2, 3].map((i) => readWord(bytes, at + 32 * i))).toEqual([1n, c, r, y]);
  });

  it('cannot be proven after one of its words was changed', async () => {
    const { closed } = scenario();
    const y = (closed.commitment.y + 1n) as typeof closed.commitment.y;
    const forged = { ...closed, commitment: { ...closed.commitment, y } };
    const error = await batchWitness(forged, artifacts).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ProverError);
    expect((error as ProverError).code).toBe('WITNESS_FAILED');
  });
});

/** Section 2 of a .wtns file, the last one, holds the witness: its length stands before it (8 bytes). */
function witnessBytes(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // magic(4) version(4) sections(4), then section 1: id(4) length(8) content.
  const first = Number(view.getBigUint64(16, true));
  return Number(view.getBigUint64(24 + first + 4, true));
}

function readWord(bytes: Uint8Array, at: number): bigint {
  return BigInt(
    `0x${Buffer.from(bytes.subarray(at, at + 32))
      .reverse()
      .toString('hex')}`,
  );
}
