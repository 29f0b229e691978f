import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { artifact, compile } from './compiler.ts';

const before = process.env.ENGRAM_CACHE;
let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'engram-genesis-'));
  process.env.ENGRAM_CACHE = cache;
});
afterAll(async () => {
  if (before === undefined) delete process.env.ENGRAM_CACHE;
  else process.env.ENGRAM_CACHE = before;
  await rm(cache, { recursive: true, force: true });
});

it('gives the runtime code, and says where it is not all of it', async () => {
  const artifacts = await compile({
    'A.sol': `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;
contract Plain { uint256 public x; }
contract Filled { uint256 public immutable X; constructor(uint256 x) { X = x; } }`,
  });
  const plain = artifact(artifacts, 'Plain');
  expect(plain.bytecode.endsWith(plain.runtime.slice(2))).toBe(true);
  expect(plain.runtimeBytes).toBe(plain.runtime.length / 2 - 1);
  expect(plain.hasImmutables).toBe(false);
  expect(artifact(artifacts, 'Filled').hasImmutables).toBe(true);
});

it('refuses what does not compile, and a contract that is not there', async () => {
  await expect(compile({ 'A.sol': 'contract A {' })).rejects.toMatchObject({ code: 'COMPILE_FAILED' });
  expect(() => artifact({}, 'A')).toThrow(expect.objectContaining({ code: 'COMPILE_FAILED', data: { missing: 'A' } }));
});
