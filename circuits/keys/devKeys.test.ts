import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as snarkjs from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Compiled, compileCircom } from '../build/compile.ts';
import { terminateSnarkjs } from '../build/snarkCurve.ts';
import { generateDevKeys } from './devKeys.ts';
import { DEV_TRAPDOOR } from './devSecret.ts';
import { readR1csInfo } from './r1cs.ts';
import { writeKnownPtau } from './testing/knownPtau.ts';
import { readVerifyingKey, zkeySections } from './vkey.ts';

const SOURCE = `pragma circom 2.1.0;
include "circomlib/circuits/bitify.circom";
template Main() {
  signal input a; signal input b; signal input unused; signal output o; signal output p;
  component n = Num2Bits(50);
  n.in <== a * b + 12345;
  o <== n.out[3] * a;
  p <== 3 * b - 7;
}
component main {public [a, unused]} = Main();`;

const dir = mkdtempSync(path.join(os.tmpdir(), 'engram-devkeys-'));
const zkey = path.join(dir, 'dev.zkey');
let compiled: Compiled;

beforeAll(async () => {
  compiled = await compileCircom({ source: SOURCE, outDir: dir });
  await generateDevKeys({ r1cs: compiled.r1cs, zkey });
});

afterAll(async () => {
  await terminateSnarkjs();
  rmSync(dir, { recursive: true, force: true });
});

describe('generateDevKeys', () => {
  it('writes what snarkjs writes from powers of tau of the same secret, byte for byte', async () => {
    const trapdoor = { ...DEV_TRAPDOOR, gamma: 1n, delta: 1n };
    const [raw, ptau, reference, ours] = ['raw.ptau', 'known.ptau', 'snarkjs.zkey', 'ours.zkey'].map((f) =>
      path.join(dir, f),
    ) as [string, string, string, string];
    // One power more than the circuit needs: a ptau of just its size lacks tau^(2n − 1), and snarkjs's H points then
    // differ by a multiple of a coefficient that no quotient has.
    writeKnownPtau(raw, 7, trapdoor);
    await snarkjs.powersOfTau.preparePhase2(raw, ptau);
    await snarkjs.zKey.newZKey(compiled.r1cs, ptau, reference);
    await generateDevKeys({ r1cs: compiled.r1cs, zkey: ours, trapdoor, threads: 3 });
    const expected = await zkeySections(reference);
    const actual = await zkeySections(ours);
    expect(actual).toEqual(expected);
    const a = readFileSync(ours);
    const b = readFileSync(reference);
    expect(a.length).toBe(b.length);
    for (const { id, offset, bytes } of expected) {
      // Section 10 carries the circuit hash of a ceremony, which a dev key does not pretend to be.
      if (id !== 10)
        expect(a.subarray(offset, offset + bytes).equals(b.subarray(offset, offset + bytes)), `section ${id}`).toBe(
          true,
        );
    }
  });

  it('gives keys with which snarkjs proves and verifies, and whose proofs bind the public inputs', async () => {
    const vkey = await readVerifyingKey(zkey);
    const { proof, publicSignals } = await snarkjs.groth16.fullProve(
      { a: '3', b: '5', unused: '9' },
      compiled.wasm,
      zkey,
    );
    expect(await snarkjs.groth16.verify(vkey, publicSignals, proof)).toBe(true);
    for (let i = 0; i < publicSignals.length; i++) {
      const edited = publicSignals.map((s, k) => (k === i ? (BigInt(s) + 1n).toString() : s));
      expect(await snarkjs.groth16.verify(vkey, edited, proof), `public signal ${i}`).toBe(false);
    }
  });

  it('exports the verifying key snarkjs exports', async () => {
    expect(await readVerifyingKey(zkey)).toEqual(await snarkjs.zKey.exportVerificationKey(zkey));
  });

  it('is deterministic, whatever the number of threads', async () => {
    const again = path.join(dir, 'again.zkey');
    await generateDevKeys({ r1cs: compiled.r1cs, zkey: again, threads: 1 });
    expect(readFileSync(again).equals(readFileSync(zkey))).toBe(true);
  });

  it('refuses an r1cs that ends early', async () => {
    const bytes = readFileSync(compiled.r1cs);
    const short = path.join(dir, 'short.r1cs');
    writeFileSync(short, bytes.subarray(0, 200));
    await expect(generateDevKeys({ r1cs: short, zkey: path.join(dir, 'x.zkey') })).rejects.toMatchObject({
      code: 'R1CS_MALFORMED',
    });
  });

  it('refuses an r1cs with a wire that does not exist', async () => {
    const bytes = Buffer.from(readFileSync(compiled.r1cs));
    const info = await readR1csInfo(compiled.r1cs);
    bytes.writeUInt32LE(info.wires, info.constraintsOffset + 4);
    const bad = path.join(dir, 'bad.r1cs');
    writeFileSync(bad, bytes);
    await expect(generateDevKeys({ r1cs: bad, zkey: path.join(dir, 'x.zkey') })).rejects.toMatchObject({
      code: 'R1CS_MALFORMED',
    });
  });

  it('stops when cancelled', async () => {
    const abort = new AbortController();
    const work = generateDevKeys({
      r1cs: compiled.r1cs,
      zkey: path.join(dir, 'x.zkey'),
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
