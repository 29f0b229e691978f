import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { artifact, compile } from './build.ts';

const before = process.env.ENGRAM_CACHE;
let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'engram-solc-'));
  process.env.ENGRAM_CACHE = cache;
});
afterAll(async () => {
  if (before === undefined) delete process.env.ENGRAM_CACHE;
  else process.env.ENGRAM_CACHE = before;
  await rm(cache, { recursive: true, force: true });
});

const source = (body: string) => ({
  'A.sol': `// SPDX-License-Identifier: MIT\npragma solidity 0.8.37;\n${body}`,
});

it('compiles once and then takes the result from the cache', async () => {
  const sources = source('contract A { uint256 public constant X = 1; }');
  const first = await compile(sources);
  expect(await readdir(join(cache, 'solidity'))).toHaveLength(1);
  expect(await compile(sources)).toEqual(first);
  expect(artifact(first, 'A').runtimeBytes).toBeGreaterThan(0);
  expect(() => artifact(first, 'B')).toThrow(expect.objectContaining({ code: 'COMPILE_FAILED' }));
});

it.each([
  ['an error', 'contract A { uint256 x = "text"; }'],
  ['a warning', 'contract A { function f() external pure { uint256 unused; } }'],
  ['an unknown import', 'import "./B.sol"; contract A {}'],
  ['an import from outside the package', 'import "@openzeppelin/contracts/../../solc/package.json"; contract A {}'],
])('refuses %s and caches nothing', async (_name, body) => {
  const count = async () => (await readdir(join(cache, 'solidity')).catch(() => [])).length;
  const known = await count();
  await expect(compile(source(body))).rejects.toMatchObject({ code: 'COMPILE_FAILED' });
  expect(await count()).toBe(known);
});
