import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fixture } from '../../bridge/testing/fixture.ts';
import { l1PublicClient } from '../l1/clients.ts';
import { checkNetwork } from './checkNetwork.ts';
import type { NetworkFile } from './networkFile.ts';

let fixture: Fixture;
let network: NetworkFile;
beforeAll(async () => {
  fixture = await Fixture.start();
  const { address, attestations, evmLane, deployedAt } = fixture.deployment;
  const { l2ChainId } = await fixture.sequencer.parameters();
  network = {
    name: 'test',
    l1ChainId: 31337,
    l2ChainId: Number(l2ChainId),
    l1: { rollup: address, attestations, evmLane, startBlock: Number(deployedAt) },
    bootnodes: [],
  };
}, 120_000);
afterAll(() => fixture?.l1.stop());

const check = (changed: Partial<NetworkFile>, rpcUrl = fixture.l1.url) =>
  checkNetwork({ ...network, ...changed }, { publicClient: l1PublicClient({ rpcUrl, pollMs: 100 }) });

describe('a network file', () => {
  it('is L1’s', async () => {
    await check({});
  });

  it('of another L1 → WRONG_L1', async () => {
    await expect(check({ l1ChainId: 1 })).rejects.toMatchObject({
      code: 'WRONG_L1',
      data: { expected: 1, found: 31337 },
    });
  });

  it('of another rollup → WRONG_L2', async () => {
    await expect(check({ l2ChainId: 1 })).rejects.toMatchObject({ code: 'WRONG_L2' });
  });

  it('whose contract is not there → NO_CONTRACT', async () => {
    const nowhere = `0x${'77'.repeat(20)}` as const;
    await expect(check({ l1: { ...network.l1, registry: nowhere } })).rejects.toMatchObject({
      code: 'NO_CONTRACT',
      data: { contract: 'registry', address: nowhere },
    });
  });

  it('whose rollup is another contract → NO_CONTRACT', async () => {
    const { evmLane = network.l1.rollup } = network.l1;
    await expect(check({ l1: { ...network.l1, rollup: evmLane } })).rejects.toMatchObject({ code: 'NO_CONTRACT' });
  });

  it('without L1 → NETWORK_L1_UNREACHABLE', async () => {
    await expect(check({}, 'http://127.0.0.1:1')).rejects.toMatchObject({ code: 'NETWORK_L1_UNREACHABLE' });
  }, 30_000);
});
