import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as snarkjs from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileCircom } from '../build/compile.ts';
import { terminateSnarkjs } from '../build/snarkCurve.ts';
import { beacon, contribute, exportKeys, importPtau, newKey, verifyKey } from './ceremony.ts';
import { generateDevKeys } from './devKeys.ts';
import { DEV_TRAPDOOR } from './devSecret.ts';
import { writeKnownPtau } from './testing/knownPtau.ts';
import { type VerifyingKey, zkeySections } from './vkey.ts';

const SOURCE = `pragma circom 2.1.0;
template Main() { signal input a; signal input b; signal output c; signal d; d <== a * b; c <== d * d + a; }
component main {public [a]} = Main();`;

const dir = mkdtempSync(path.join(os.tmpdir(), 'engram-ceremony-'));
const at = (name: string) => path.join(dir, name);
const r1cs = at('circuit.r1cs');
const ptau = at('prepared.ptau');
const circuit = { name: 'tiny', circuitHash: 'abc', contractName: 'TinyVerifier' };

// @types/snarkjs has other arguments.
const powersOfTau = snarkjs.powersOfTau as unknown as {
  newAccumulator(curve: unknown, power: number, file: string): Promise<void>;
  contribute(from: string, to: string, name: string, entropy: string): Promise<void>;
};
const { curves } = snarkjs as unknown as { curves: { getCurveFromName(name: string): Promise<unknown> } };

beforeAll(async () => {
  await compileCircom({ source: SOURCE, outDir: dir });
  await powersOfTau.newAccumulator(await curves.getCurveFromName('bn128'), 5, at('0.ptau'));
  await powersOfTau.contribute(at('0.ptau'), at('1.ptau'), 'test', 'not secret');
  await importPtau({ ptau: at('1.ptau'), out: ptau });
  await newKey({ r1cs, ptau, out: at('0.zkey') });
});

afterAll(async () => {
  await terminateSnarkjs();
  rmSync(dir, { recursive: true, force: true });
});

describe('ceremony', () => {
  it('runs from a public ptau to keys with which a proof verifies', async () => {
    const first = await contribute({ zkey: at('0.zkey'), out: at('1.zkey') }, { name: 'alice' });
    const second = await contribute({ zkey: at('1.zkey'), out: at('2.zkey') }, { name: 'bob', words: 'dice 4 2 6' });
    expect(first.contributionHash).toMatch(/^[0-9a-f]{128}$/);
    expect(second.contributionHash).not.toBe(first.contributionHash);
    await beacon(
      { zkey: at('2.zkey'), out: at('3.zkey') },
      { hash: `0x${'ab'.repeat(32)}`, iterationsExp: 10, name: 'block' },
    );
    expect(await verifyKey({ r1cs, ptau, zkey: at('3.zkey') })).toEqual({ contributions: 3 });
    const { contributions, files } = await exportKeys({ r1cs, ptau, zkey: at('3.zkey'), outDir: at('keys') }, circuit);
    expect(contributions).toBe(3);
    expect(readFileSync(files.solidity, 'utf8')).toContain('contract TinyVerifier {');
    expect(JSON.parse(readFileSync(files.manifest, 'utf8'))).toMatchObject({ circuit: 'tiny', circuitHash: 'abc' });
    const vkey = JSON.parse(readFileSync(files.vkey, 'utf8')) as VerifyingKey;
    const { proof, publicSignals } = await snarkjs.groth16.fullProve(
      { a: '3', b: '4' },
      at('circuit.wasm'),
      files.zkey,
    );
    expect(publicSignals).toEqual(['147', '3']);
    expect(await snarkjs.groth16.verify(vkey, publicSignals, proof)).toBe(true);
    expect(await snarkjs.groth16.verify(vkey, ['148', '3'], proof)).toBe(false);
    expect(readdirSync(dir).filter((name) => name.includes('.tmp-'))).toEqual([]);
  });

  it('does not export a key without a contribution: its gamma equals its delta', async () => {
    await expect(exportKeys({ r1cs, ptau, zkey: at('0.zkey'), outDir: at('none') }, circuit)).rejects.toMatchObject({
      code: 'GAMMA_EQUALS_DELTA',
    });
    expect(existsSync(at('none'))).toBe(false);
  });

  it('refuses a key of another circuit', async () => {
    await compileCircom({ source: SOURCE.replace('+ a', '+ 2 * a'), outDir: at('other') });
    await expect(verifyKey({ r1cs: at('other/circuit.r1cs'), ptau, zkey: at('0.zkey') })).rejects.toMatchObject({
      code: 'CEREMONY_INVALID',
    });
  });

  it('refuses a transcript with a changed contribution', async () => {
    const file = await contributed('edited');
    const bytes = readFileSync(file);
    const contributions = (await zkeySections(file)).find(({ id }) => id === 10);
    // Circuit hash, count, delta after, proof of knowledge (two G1, one G2), then the transcript's hash.
    const transcript = (contributions?.offset ?? 0) + 64 + 4 + 64 + 64 + 64 + 128;
    bytes.writeUInt8(bytes.readUInt8(transcript) ^ 1, transcript);
    writeFileSync(at('edited.zkey'), bytes);
    await expect(verifyKey({ r1cs, ptau, zkey: at('edited.zkey') })).rejects.toMatchObject({
      code: 'CEREMONY_INVALID',
    });
  });

  it('refuses the dev key, which no ceremony made', async () => {
    await generateDevKeys({ r1cs, zkey: at('dev.zkey'), threads: 1 });
    await expect(verifyKey({ r1cs, ptau, zkey: at('dev.zkey') })).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });

  it('refuses a key over a ptau of the published secret, contributions or not', async () => {
    writeKnownPtau(at('known-raw.ptau'), 5, DEV_TRAPDOOR);
    const { snarkSetup } = await import('./snarkSetup.ts');
    const quiet = { debug() {}, info() {}, warn() {}, error() {} };
    await snarkSetup.powersOfTau.preparePhase2(at('known-raw.ptau'), at('known.ptau'), quiet);
    await newKey({ r1cs, ptau: at('known.ptau'), out: at('known0.zkey') });
    await contribute({ zkey: at('known0.zkey'), out: at('known1.zkey') }, { name: 'alice' });
    const work = exportKeys({ r1cs, ptau: at('known.ptau'), zkey: at('known1.zkey'), outDir: at('none') }, circuit);
    await expect(work).rejects.toMatchObject({ code: 'DEV_KEY_REFUSED' });
  });

  it('refuses a ptau without contributions, and one with a changed power', async () => {
    await expect(importPtau({ ptau: at('0.ptau'), out: at('x.ptau') })).rejects.toMatchObject({ code: 'PTAU_INVALID' });
    const bytes = readFileSync(at('1.ptau'));
    // Two points of the tau·G1 section swapped: still on the curve, no longer powers.
    const section = 12 + 12 + 44 + 12;
    const point = Buffer.from(bytes.subarray(section + 3 * 64, section + 4 * 64));
    bytes.copyWithin(section + 3 * 64, section + 4 * 64, section + 5 * 64);
    point.copy(bytes, section + 4 * 64);
    writeFileSync(at('swapped.ptau'), bytes);
    await expect(importPtau({ ptau: at('swapped.ptau'), out: at('x.ptau') })).rejects.toMatchObject({
      code: 'PTAU_INVALID',
    });
    await expect(importPtau({ ptau: r1cs, out: at('x.ptau') })).rejects.toMatchObject({ code: 'PTAU_INVALID' });
    expect(existsSync(at('x.ptau'))).toBe(false);
  });

  it('copies a ptau that is prepared already', async () => {
    expect(await importPtau({ ptau, out: at('copy.ptau') })).toEqual({ wasPrepared: true });
    expect(readFileSync(at('copy.ptau')).equals(readFileSync(ptau))).toBe(true);
  });

  it('refuses a circuit too large for the ptau', async () => {
    const source = SOURCE.replace(
      'c <== d * d + a;',
      'signal e[40]; e[0] <== d * d; for (var i = 1; i < 40; i++) e[i] <== e[i-1] * e[i-1]; c <== e[39] * d;',
    );
    await compileCircom({ source, outDir: at('large') });
    const work = newKey({ r1cs: at('large/circuit.r1cs'), ptau, out: at('large.zkey') });
    await expect(work).rejects.toMatchObject({ code: 'CEREMONY_INVALID', message: expect.stringContaining('too big') });
    expect(existsSync(at('large.zkey'))).toBe(false);
  });

  it('refuses a beacon that is not hex, and too few iterations', async () => {
    for (const value of [
      { hash: 'xyz', iterationsExp: 10, name: 'b' },
      { hash: 'ab', iterationsExp: 9, name: 'b' },
    ]) {
      await expect(beacon({ zkey: at('0.zkey'), out: at('b.zkey') }, value)).rejects.toMatchObject({
        code: 'CEREMONY_INVALID',
      });
    }
    expect(existsSync(at('b.zkey'))).toBe(false);
  });
});

async function contributed(name: string): Promise<string> {
  const out = at(`${name}.zkey`);
  await contribute({ zkey: at('0.zkey'), out }, { name });
  return out;
}
