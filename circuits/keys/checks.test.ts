import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as snarkjs from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileCircom } from '../build/compile.ts';
import { terminateSnarkjs } from '../build/snarkCurve.ts';
import { solidityVerifier } from '../build/solidityVerifier.ts';
import { isDevKey, parseVerifyingKey, refuseForgeableKey, refuseUnsafeKey } from './checks.ts';
import { generateDevKeys } from './devKeys.ts';
import { DEV_TRAPDOOR } from './devSecret.ts';
import { R_BN254 } from './r1cs.ts';
import { readVerifyingKey, type VerifyingKey } from './vkey.ts';

const SOURCE = `pragma circom 2.1.0;
template Main() { signal input a; signal input b; signal output c; c <== a * b; }
component main = Main();`;

const dir = mkdtempSync(path.join(os.tmpdir(), 'engram-checks-'));
const key = async (trapdoor = DEV_TRAPDOOR): Promise<VerifyingKey> => {
  const zkey = path.join(dir, 'key.zkey');
  await generateDevKeys({ r1cs: path.join(dir, 'circuit.r1cs'), zkey, threads: 1, trapdoor });
  return readVerifyingKey(zkey);
};
const secret = { tau: 11n, alpha: 12n, beta: 13n, gamma: 14n, delta: 15n };
let dev: VerifyingKey;
let other: VerifyingKey;

beforeAll(async () => {
  await compileCircom({ source: SOURCE, outDir: dir });
  other = await key(secret);
  dev = await key();
});

afterAll(async () => {
  await terminateSnarkjs();
  rmSync(dir, { recursive: true, force: true });
});

describe('refuseForgeableKey', () => {
  it('refuses gamma = delta, as a key without a phase-2 contribution has it', async () => {
    const forgeable = await key({ ...secret, gamma: 1n, delta: 1n });
    expect(() => refuseForgeableKey(forgeable)).toThrow(expect.objectContaining({ code: 'GAMMA_EQUALS_DELTA' }));
    expect(() => refuseUnsafeKey(forgeable, 31337)).toThrow(expect.objectContaining({ code: 'GAMMA_EQUALS_DELTA' }));
  });

  it('refuses gamma = −delta', async () => {
    const forgeable = await key({ ...secret, gamma: 5n, delta: R_BN254 - 5n });
    expect(() => refuseForgeableKey(forgeable)).toThrow(expect.objectContaining({ code: 'GAMMA_EQUALS_DELTA' }));
  });

  it('accepts a key whose gamma and delta differ', () => {
    expect(() => refuseForgeableKey(other)).not.toThrow();
  });
});

describe('isDevKey', () => {
  it('knows the published key, and every part of its trapdoor', async () => {
    expect(isDevKey(dev)).toBe(true);
    for (const part of ['alpha', 'beta', 'gamma', 'delta'] as const) {
      expect(isDevKey(await key({ ...secret, [part]: DEV_TRAPDOOR[part] })), part).toBe(true);
    }
  });

  it('does not suspect another key', () => {
    expect(isDevKey(other)).toBe(false);
  });
});

describe('refuseUnsafeKey', () => {
  it('lets dev keys onto local chains only', () => {
    expect(() => refuseUnsafeKey(dev, 31337)).not.toThrow();
    expect(() => refuseUnsafeKey(dev, 1337n)).not.toThrow();
    for (const chain of [1, 10, 11155111, 31338]) {
      expect(() => refuseUnsafeKey(dev, chain)).toThrow(expect.objectContaining({ code: 'DEV_KEY_REFUSED' }));
    }
    expect(() => refuseUnsafeKey(other, 1)).not.toThrow();
  });

  it('is not fooled by a chain id that only looks local once it is cut to 32 bits or rounded', () => {
    for (const chain of [31337n + (1n << 32n), 31337n + (1n << 64n), (1n << 53n) + 31337n]) {
      expect(() => refuseUnsafeKey(dev, chain)).toThrow(expect.objectContaining({ code: 'DEV_KEY_REFUSED' }));
    }
  });
});

describe('parseVerifyingKey', () => {
  it('returns what snarkjs exports unchanged', () => {
    expect(parseVerifyingKey(JSON.parse(JSON.stringify(dev)))).toEqual(dev);
  });

  const q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
  const edits: [string, (k: Record<string, unknown>) => void][] = [
    ['a coordinate at the modulus', (k) => Object.assign(k, { vk_alpha_1: [q.toString(), '2', '1'] })],
    ['a coordinate with a leading zero', (k) => Object.assign(k, { vk_alpha_1: ['01', '2', '1'] })],
    ['code instead of a number', (k) => Object.assign(k, { vk_alpha_1: ['1; } contract X {', '2', '1'] })],
    [
      'a point that is not affine',
      (k) =>
        Object.assign(k, {
          vk_gamma_2: [
            ['1', '2'],
            ['3', '4'],
            ['2', '0'],
          ],
        }),
    ],
    ['a missing IC point', (k) => Object.assign(k, { IC: [] })],
    ['another curve', (k) => Object.assign(k, { curve: 'bls12381' })],
  ];
  it.each(edits)('refuses %s', (_, edit) => {
    const copy = JSON.parse(JSON.stringify(dev)) as Record<string, unknown>;
    edit(copy);
    expect(() => parseVerifyingKey(copy)).toThrow(expect.objectContaining({ code: 'VKEY_MALFORMED' }));
  });
});

describe('solidityVerifier', () => {
  it("is snarkjs's source but for the contract's name", async () => {
    const { readFileSync } = await import('node:fs');
    const root = new URL('../../node_modules/snarkjs/templates/verifier_groth16.sol.ejs', import.meta.url);
    const expected = await snarkjs.zKey.exportSolidityVerifier(path.join(dir, 'key.zkey'), {
      groth16: readFileSync(root, 'utf8'),
    });
    const vkey = await readVerifyingKey(path.join(dir, 'key.zkey'));
    expect(solidityVerifier(vkey, 'BatchVerifierSmall')).toBe(
      expected.replace('contract Groth16Verifier', 'contract BatchVerifierSmall'),
    );
  });

  it('refuses a name that is no identifier', () => {
    expect(() => solidityVerifier(dev, 'X { } contract Y')).toThrow(
      expect.objectContaining({ code: 'VKEY_MALFORMED' }),
    );
  });
});
