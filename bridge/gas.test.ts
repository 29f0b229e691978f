import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { artifact, buildContracts } from './build.ts';
import { Fixture } from './testing/fixture.ts';
import { type GasReport, measureGas } from './testing/gasCases.ts';
import { measureRegistryGas } from './testing/registryGasCases.ts';

const snapshotPath = new URL('./gas-snapshot.json', import.meta.url);
/** ENGRAM_GAS_SNAPSHOT=write takes the present figures as the new reference. */
const isWriting = process.env.ENGRAM_GAS_SNAPSHOT === 'write';
/** Calldata holds hashes and addresses that differ from run to run; zero bytes among them are cheaper. */
const TOLERANCE = 0.02;
/** EIP-170. */
const CODE_LIMIT = 24_576;

let f: Fixture;
beforeAll(async () => {
  f = await Fixture.start();
});
afterAll(() => f?.l1.stop());

it('uses as much gas as the committed snapshot says', async () => {
  const report = { ...(await measureGas(f)), ...(await measureRegistryGas()) };
  const contracts = await buildContracts();
  report['code.bytes'] = artifact(contracts, 'Rollup').runtimeBytes;
  report['code.bytes.attestations'] = artifact(contracts, 'Attestations').runtimeBytes;
  report['code.bytes.evmLane'] = artifact(contracts, 'EvmLane').runtimeBytes;
  report['code.bytes.registry'] = artifact(contracts, 'ValidatorRegistry').runtimeBytes;
  if (isWriting) await writeFile(snapshotPath, `${JSON.stringify(report, null, 2)}\n`);
  const snapshot = JSON.parse(await readFile(snapshotPath, 'utf8')) as GasReport;
  expect(Object.keys(report)).toEqual(Object.keys(snapshot));
  for (const [name, gas] of Object.entries(report)) {
    const reference = snapshot[name] ?? 0;
    expect(Math.abs(gas - reference) / reference, `${name}: ${gas}, snapshot ${reference}`).toBeLessThan(TOLERANCE);
  }
  for (const name of ['code.bytes', 'code.bytes.attestations', 'code.bytes.evmLane', 'code.bytes.registry']) {
    expect(report[name], name).toBeLessThanOrEqual(CODE_LIMIT);
  }
});
