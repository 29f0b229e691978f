import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fixture } from '../bridge/testing/fixture.ts';
import { ShiftableClock, systemClock } from '../chain/clock.ts';
import { RpcClient } from '../sdk/rpcClient.ts';
import type { EngramNode } from './node.ts';
import { PATIENT, startTestNode } from './testing/testNode.ts';

let fixture: Fixture;
let folder: string;
let node: EngramNode;
let rpc: RpcClient;

beforeAll(async () => {
  fixture = await Fixture.start(PATIENT);
  folder = await mkdtemp(join(tmpdir(), 'engram-advance-time-'));
  node = await startTestNode({ folder, clock: new ShiftableClock(systemClock) }, { fixture });
  rpc = new RpcClient(node.rpcUrl);
});
afterAll(async () => {
  await rpc.close();
  await node.stop();
  await fixture.l1.stop();
  await rm(folder, { recursive: true });
});

const time = async (): Promise<number> => (await rpc.request('engram_chainInfo', [])).time;

describe('a devnet’s time, over RPC', () => {
  it('is set forward by whole seconds within bounds, on L1 too', async () => {
    for (const seconds of [0, -1, 1.5, 4e8]) {
      await expect(rpc.request('engram_devAdvanceTime', [seconds])).rejects.toMatchObject({ code: -32602 });
    }
    const [before, onL1] = [await time(), await fixture.now()];
    const { time: after } = await rpc.request('engram_devAdvanceTime', [50]);
    expect(after - before).toBeGreaterThanOrEqual(50);
    expect(await fixture.now()).toBeGreaterThanOrEqual(onL1 + 50);
  });
});
