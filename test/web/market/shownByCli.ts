import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EpochJson } from '../../../node/cli/epochViews.ts';
import type { Wire } from '../../../sdk/rpcTypes.ts';
import type { World } from '../world.ts';
import type { Service } from './service.ts';

const PROGRAM = fileURLToPath(new URL('../../../node/bin/engram.mjs', import.meta.url));
const run = promisify(execFile);

/** `engram epoch show --json`, computed from what was posted on L1: no word of the node's but the contract's address. */
export async function shownByCli(world: World, { index, file }: Service, epoch: number): Promise<Wire<EpochJson>> {
  const { l1Url, rollup, deployedAt, rpcUrl } = world.devnet;
  const args = [
    ...['epoch', 'show', String(epoch), '--service', String(index), '--document', file, '--rpc', rpcUrl],
    ...['--from-l1', '--l1', l1Url, '--rollup', rollup, '--l1-start-block', String(deployedAt), '--json'],
  ];
  const { stdout } = await run(process.execPath, [PROGRAM, ...args], { maxBuffer: 16 * 2 ** 20 });
  return JSON.parse(stdout) as Wire<EpochJson>; // the program's own output, of the same source
}
