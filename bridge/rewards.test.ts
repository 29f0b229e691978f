import { encodeDeployData, encodeFunctionData } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { artifact, buildContracts } from './build.ts';
import { evmLaneAbi } from './client/evmLaneAbi.ts';
import { registryAbi } from './client/registryAbi.ts';
import { deployCode } from './deploy/deployCode.ts';
import { expectError } from './testing/fixture.ts';
import { LaneWorld, lower } from './testing/laneWorld.ts';
import { ETHER, RegistryWorld } from './testing/registryWorld.ts';

const BUDGET = 1000n;

let w: RegistryWorld;
let lane: LaneWorld;
beforeAll(async () => {
  w = await RegistryWorld.start({ registry: { rewardPerEpoch: BUDGET } });
});
beforeEach(async () => {
  await w.f.reset();
  lane = await LaneWorld.open(w.f);
});
afterAll(() => w?.f.l1.stop());

const fund = (value: bigint) => w.send(w.registry.calls.fund(value), w.f.bob);
const rewards = (epoch: number) => Promise.all([0, 1, 2].map((i) => w.registry.rewardOf(w.signer(i).address, epoch)));
const claim = (i: number, epoch: number) => w.send(w.registry.calls.claimReward(w.signer(i).address, epoch), w.f.bob);

describe('a budget', () => {
  it('is split by the weight of signatures that were counted', async () => {
    const { registry, f } = w;
    expect(await fund(5000n)).toMatchObject([{ type: 'funded', from: lower(f.bob.account), amount: 5000n }]);
    const { hash } = await lane.attest(await lane.prove(), [0, 1]);
    const { blockNumber } = await f.clients.publicClient.getTransactionReceipt({ hash });
    const fixed = { type: 'budgetFixed', epoch: 0, amount: BUDGET };
    expect(await registry.readEvents(blockNumber, blockNumber)).toMatchObject([fixed]);
    expect(await registry.pot()).toBe(4000n);
    expect(await rewards(0)).toEqual([571n, 428n, 0n]); // 4/7 and 3/7
    await lane.attest(await lane.prove(), [0, 1, 2]);
    expect(await rewards(0)).toEqual([470n, 352n, 176n]); // 8, 6 and 3 of 17
    expect(await registry.pot()).toBe(4000n);
    await w.nextEpoch();
    expect(await claim(0, 0)).toMatchObject([{ type: 'rewardClaimed', epoch: 0, amount: 470n }]);
    expect(await registry.pending(f.alice.account)).toBe(470n);
    await claim(1, 0);
    await claim(2, 0);
    const before = await f.balance(registry.address);
    await w.send(registry.calls.withdraw());
    expect(before - (await f.balance(registry.address))).toBe(998n);
  });

  it('waits for who does not claim: nobody else gets more', async () => {
    await fund(5000n);
    await lane.attest(await lane.prove());
    await w.nextEpoch();
    await claim(0, 0);
    await lane.attest(await lane.prove());
    await w.nextEpoch(5);
    expect(await rewards(0)).toEqual([0n, 300n, 300n]);
    await claim(1, 0);
    expect(await rewards(0)).toEqual([0n, 0n, 300n]);
    expect(await rewards(1)).toEqual([400n, 300n, 300n]);
    expect(await w.registry.pot()).toBe(3000n);
  });

  it('is what the pot has, and what comes later is for later', async () => {
    await fund(10n);
    await lane.attest(await lane.prove());
    await fund(5000n);
    await lane.attest(await lane.prove());
    expect(await rewards(0)).toEqual([4n, 3n, 3n]);
    expect(await w.registry.pot()).toBe(5000n);
  });

  it('can be nothing, and attestations are counted all the same', async () => {
    await lane.attest(await lane.prove());
    expect(await lane.alice.attestedBatch()).toBe(1);
    await fund(5000n);
    await lane.attest(await lane.prove());
    await w.nextEpoch();
    expect(await rewards(0)).toEqual([0n, 0n, 0n]);
    await expectError('NothingToClaim', claim(0, 0));
    expect(await w.registry.pot()).toBe(5000n);
  });

  it('is not drained by an epoch in which nobody attests, nor by claims of it', async () => {
    await fund(1000n);
    await w.nextEpoch(10);
    await expectError('NothingToClaim', claim(0, 3));
    await lane.attest(await lane.prove());
    expect(await rewards(10)).toEqual([400n, 300n, 300n]);
  });
});

describe('a reward', () => {
  beforeEach(async () => {
    await fund(5000n);
  });

  it('is paid when its epoch is over, once, to the owner, whoever asks', async () => {
    const { registry, f } = w;
    await lane.attest(await lane.prove());
    await expectError('EpochNotOver', claim(0, 0));
    await w.warpTo(w.startOf(1) - 10);
    await w.nextBlockAt(w.startOf(1) - 1);
    await expectError('EpochNotOver', claim(0, 0));
    await w.warpTo(w.startOf(1));
    await claim(0, 0);
    await expectError('NothingToClaim', claim(0, 0));
    await expectError('EpochNotOver', claim(0, 2));
    expect(await registry.pending(f.bob.account)).toBe(0n);
    expect(await registry.pending(f.alice.account)).toBe(400n);
  });

  it('is for signers alone: nobody else, not even the sender of the signatures, gets any', async () => {
    const { registry, f } = w;
    await lane.attest(await lane.prove(), [0, 1]); // sent by Bob
    await w.nextEpoch();
    for (const { address } of [w.signer(2), w.stranger(0), { address: f.bob.account }]) {
      await expectError('NothingToClaim', w.send(registry.calls.claimReward(address, 0), f.bob));
    }
  });

  it('cannot be had by telling the registry oneself', async () => {
    const { registry, f } = w;
    const args = [[f.bob.account], [ETHER]] as const;
    const data = encodeFunctionData({ abi: registryAbi, functionName: 'onCounted', args });
    await expectError('NotEvmLane', f.bob.send({ to: registry.address, data, value: 0n }));
  });

  it('is earned once a batch: by one signature, not by the same again, not by old batches', async () => {
    const old = await lane.prove();
    const outcome = await lane.prove();
    await lane.attest(outcome, [1]);
    await expectError('NothingCounted', lane.attest(outcome, [1]));
    await lane.attest(outcome, [0]);
    expect(await rewards(0)).toEqual([571n, 428n, 0n]);
    await expectError('AlreadyAttested', lane.attest(outcome, [2]));
    // The outbox of the older one is attested with the newer: nothing of it is left to count.
    await expectError('AlreadyAttested', lane.attest(old));
    lane.withdraw({ amount: 1n });
    const skipped = await lane.prove();
    lane.withdraw({ amount: 1n });
    await lane.attest(await lane.prove());
    const earned = await rewards(0);
    await lane.attest(skipped);
    expect(await rewards(0)).toEqual(earned);
  });

  it('of an epoch that ends before a count is finished is earned all the same', async () => {
    const outcome = await lane.prove();
    await lane.attest(outcome, [2]);
    await w.nextEpoch();
    expect(await rewards(0)).toEqual([0n, 0n, 1000n]);
    await lane.attest(outcome, [0, 1]);
    expect(await rewards(1)).toEqual([571n, 428n, 0n]);
  });

  it('that was earned before a slashing is still the owner’s', async () => {
    await lane.attest(await lane.prove());
    await w.send(w.registry.calls.slash(await w.equivocation(w.signer(1))), w.f.bob);
    await w.nextEpoch();
    await claim(1, 0);
    expect(await w.registry.pending(w.f.alice.account)).toBe(300n);
  });

  it('cannot be kept from signers by a sender who gives too little gas', async () => {
    const outcome = await lane.prove();
    const signatures = await lane.sign(outcome);
    const call = lane.bob.calls.attest({ ...outcome, signatures });
    const wallet = w.f.clients.walletClient(w.f.l1.accounts[3] ?? expect.unreachable());
    const { publicClient } = w.f.clients;
    const enough = await lane.bob.simulate(call, lane.bob.account);
    let tries = 0;
    for (let gas = 80_000n; gas < enough + 4_000n; gas += 4_000n) {
      tries += 1;
      const hash = await wallet.sendTransaction({ ...call, gas });
      if ((await publicClient.waitForTransactionReceipt({ hash })).status === 'success') break;
      expect(await lane.alice.attestedBatch(), `${gas} of ${enough}`).toBe(0);
    }
    // The first that was enough to attest was enough to tell.
    expect(tries).toBeGreaterThan(20);
    expect(await lane.alice.attestedBatch()).toBe(1);
    expect(await rewards(0)).toEqual([400n, 300n, 300n]);
  });
});

describe('an attestation', () => {
  it.each([
    ['refuses the news', false],
    ['burns all the gas it gets', true],
  ])('is good although the attestors’ contract %s', async (_name, isGreedy) => {
    const { f } = w;
    const grumpy = await f.deployTest('GrumpyAttestors', [isGreedy]);
    const { bytecode } = artifact(await buildContracts(), 'EvmLane');
    const data = encodeDeployData({ abi: evmLaneAbi, bytecode, args: [f.deployment.address, grumpy.address] });
    const wallet = f.clients.walletClient(f.l1.accounts[0] ?? expect.unreachable());
    const { address } = await deployCode(data, 0n, { wallet, publicClient: f.clients.publicClient });
    const world = await LaneWorld.open(f, { evmLane: address });
    const outcome = await world.prove();
    await world.attest(outcome, [0]);
    expect(await world.alice.attestedBatch()).toBe(1);
  });

  it('earns nothing, and writes nothing of it, where rewards are none', async () => {
    const world = await RegistryWorld.start();
    try {
      await world.send(world.registry.calls.fund(5000n));
      const other = await LaneWorld.open(world.f);
      await other.attest(await other.prove());
      expect(await world.registry.pot()).toBe(5000n);
      expect(await world.registry.rewardOf(world.signer(0).address, 0)).toBe(0n);
      await expectError('WrongValue', world.send(world.registry.calls.fund(0n)));
    } finally {
      await world.f.l1.stop();
    }
  });
});
