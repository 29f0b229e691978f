import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fixture } from '../../bridge/testing/fixture.ts';
import { committedOnL1 } from './committedOnL1.ts';

const NO_NODE = 'http://127.0.0.1:9';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await Fixture.start();
});
afterAll(async () => {
  await fixture.l1.stop();
});

it('is what L1 says so many blocks deep, whatever a node says', async () => {
  const place = { rpc: NO_NODE, l1: fixture.l1.url, rollup: fixture.deployment.address };
  const now = await committedOnL1({ ...place, l1Confirmations: 0 });
  const { committed } = await fixture.alice.state();
  expect(await now?.()).toBe(committed.timestamp);
});

it('without L1 nobody but the node is asked', async () => {
  expect(await committedOnL1({ rpc: NO_NODE, l1Confirmations: 2 })).toBeUndefined();
});
