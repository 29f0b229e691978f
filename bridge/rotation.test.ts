/** The rollup's seat is the registry's: validators take turns. */
import { encodeDeployData, encodeFunctionData } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actor } from '../protocol/testing/actors.ts';
import { AccountTree } from '../protocol/tree.ts';
import type { ClosedBatch } from '../protocol/types.ts';
import { artifact, buildContracts } from './build.ts';
import { rollupAbi } from './client/abi.ts';
import { registryAbi } from './client/registryAbi.ts';
import type { RollupClient } from './client/rollupClient.ts';
import type { Address, QueueEntry } from './client/types.ts';
import { deployWithVerifiers } from './deploy/deploy.ts';
import { deployCode } from './deploy/deployCode.ts';
import { NO_EVM } from './testing/evmBatch.ts';
import { expectError, TEST_L2_CHAIN_ID, TEST_SETTINGS } from './testing/fixture.ts';
import { LaneWorld, lower } from './testing/laneWorld.ts';
import { ANY_PROOF, TestLedger } from './testing/ledger.ts';
import { ETHER, REGISTRY_SETTINGS, RegistryWorld } from './testing/registryWorld.ts';

const { graceSeconds, proveDeadlineSeconds, queueDeadlineSeconds, queueFee } = TEST_SETTINGS;
const { slotSeconds } = REGISTRY_SETTINGS;
const BURNED: Address = '0x000000000000000000000000000000000000dEaD';

let w: RegistryWorld;
let ledger: TestLedger;
let people: readonly RollupClient[];
beforeAll(async () => {
  w = await RegistryWorld.start({ rotate: true });
  people = await Promise.all([0, 1, 2].map((i) => w.client(w.signer(i))));
});
beforeEach(async () => {
  await w.f.reset();
  ledger = new TestLedger(w.f.deployment.domain);
});
afterAll(() => w?.f.l1.stop());

const person = (i: number) => people[i] ?? expect.unreachable();
const slotAt = (time: number) => Math.floor(time / slotSeconds);
const close = async (queue: readonly QueueEntry[] = []) => ledger.close({ timestamp: await w.f.now(), queue });

/** Early in the next slot of this validator, counted from the second after now. */
async function slotOf(i: number): Promise<RollupClient> {
  let slot = slotAt(await w.f.now()) + 1;
  while (slot % 3 !== i) slot += 1;
  await w.warpTo(slot * slotSeconds + 1);
  return person(i);
}

/** A batch that nobody proves, by this validator, past its deadline. */
async function unprovable(i: number): Promise<void> {
  await (await slotOf(i)).commitBatch(await close(), NO_EVM);
  await w.f.warp(proveDeadlineSeconds + 1);
}

describe('a rotating seat', () => {
  it('is known as such', async () => {
    const { f, registry } = w;
    const state = await f.alice.state();
    expect(state).toMatchObject({ isRotating: true, closedUntil: 0 });
    expect(lower(state.sequencer)).toBe(registry.address);
    expect((await f.alice.parameters()).bond).toBe(0n);
    expect(await registry.leaderAt(await f.now())).toBe(lower(w.signer(slotAt(await f.now()) % 3).address));
  });

  it('takes batches of the leader of the moment, one after the other', async () => {
    for (const i of [1, 2, 0]) {
      const leader = await slotOf(i);
      const batch = await close();
      for (const other of [0, 1, 2].filter((j) => j !== i)) {
        await expectError('NotSequencer', person(other).commitBatch(batch, NO_EVM));
      }
      await expectError('NotSequencer', w.f.sequencer.commitBatch(batch, NO_EVM));
      const posted = await leader.commitBatch(batch, NO_EVM);
      expect(lower(posted.stored.committer)).toBe(lower(leader.account));
      await w.f.bob.proveBatches([{ posted, proof: ANY_PROOF }]);
    }
    expect((await w.f.alice.state()).proven.batch).toBe(3);
  });

  it('is the leader’s from the first second of a slot to the last, and a commit that comes later is refused', async () => {
    const leader = await slotOf(1);
    const batch = await close();
    const end = (slotAt(await w.f.now()) + 1) * slotSeconds;
    const call = leader.calls.commitBatch(batch, NO_EVM);
    // Sent in time by who believes so: what counts is the block that it is in.
    await w.nextBlockAt(end);
    const late = await w.f.clients.walletClient(w.signer(1)).sendTransaction({ ...call, gas: 1_000_000n });
    expect((await w.f.clients.publicClient.waitForTransactionReceipt({ hash: late })).status).toBe('reverted');
    expect(await w.registry.leaderAt(end - 1)).toBe(lower(leader.account));
    expect(await w.registry.leaderAt(end)).toBe(lower(person(2).account));
    await person(2).commitBatch(batch, NO_EVM);
  });

  it('takes no batch of a leader behind a contract', async () => {
    const leader = await slotOf(0);
    const forwarder = await w.f.deployTest('Forwarder');
    const { data } = leader.calls.commitBatch(await close(), NO_EVM);
    await expectError('NotSequencer', forwarder.write('forward', [w.f.deployment.address, data], { from: leader }));
  });

  it('passes over who was slashed at once, and over who left from the next epoch on', async () => {
    const { registry, f } = w;
    await slotOf(1);
    const now = await f.now();
    await w.send(registry.calls.slash(await w.equivocation(w.signer(1))), f.bob);
    expect(await registry.leaderAt(now)).toBe(lower(person(2).account));
    await expectError('NotSequencer', person(1).commitBatch(await close(), NO_EVM));
    await w.send(registry.calls.unstake(w.signer(2).address));
    expect(await registry.leaderAt(now)).toBe(lower(person(2).account));
    await w.nextEpoch();
    await slotOf(1);
    expect(await registry.leaderAt(await f.now())).toBe(lower(person(0).account));
  });

  it('is nobody’s when all have left, and the open path carries on', async () => {
    const { registry, f } = w;
    for (const i of [0, 1, 2]) await w.send(registry.calls.unstake(w.signer(i).address));
    await w.nextEpoch();
    await f.warp(slotSeconds);
    expect(await registry.leaderAt(await f.now())).toBeUndefined();
    for (const who of people) await expectError('NotSequencer', who.commitBatch(await close(), NO_EVM));
    ledger = new TestLedger(f.deployment.domain);
    // Nobody committed for longer than the grace period.
    await f.bob.submitProvenBatch(await close(), NO_EVM, ANY_PROOF);
    expect((await f.alice.state()).proven.batch).toBe(1);
  });

  it('cannot be resigned, by a leader or by anyone', async () => {
    await expectError('NotSequencer', (await slotOf(0)).resign());
    await expectError('NotSequencer', w.f.bob.resign());
  });

  it('opens the path to all when no leader commits for the grace period, and stays the leader’s beside', async () => {
    await w.f.warp(graceSeconds + 10);
    const first = await close();
    await w.f.bob.submitProvenBatch(first, NO_EVM, ANY_PROOF);
    await (await slotOf(2)).commitBatch(await close(), NO_EVM);
    expect((await w.f.alice.state()).isOpen).toBe(false);
    await expectError('PathClosed', w.f.bob.submitProvenBatch(first, NO_EVM, ANY_PROOF));
  });

  it('survives a freeze, which burns nothing', async () => {
    await w.f.alice.depositNew({ token: 0, amount: 1n, key: actor(1).key });
    await w.f.warp(queueDeadlineSeconds + 10);
    const { events } = await w.f.bob.freeze();
    expect(events.map(({ type }) => type)).toEqual(['frozen']);
    expect(await w.f.alice.state()).toMatchObject({ isFrozen: true, isOpen: false, isRotating: true });
    await expectError('Frozen', (await slotOf(0)).commitBatch(await close(), NO_EVM));
    // Stakes are not part of it.
    await w.send(w.registry.calls.unstake(w.signer(0).address));
    await w.nextEpoch(3);
    expect(await w.registry.pending(w.f.alice.account)).toBe(4n * ETHER);
  });
});

describe('a batch that nobody proves', () => {
  it('costs its committer the stake: half to who drops it, half is burned', async () => {
    const { registry, f } = w;
    await unprovable(1);
    const { events, blockNumber } = await f.bob.revertBatches();
    expect(events).toMatchObject([{ type: 'reverted', first: 1, last: 1 }]);
    expect(await registry.readEvents(blockNumber, blockNumber)).toMatchObject([
      {
        type: 'slashed',
        signer: lower(person(1).account),
        reporter: lower(f.bob.account),
        stake: 3n * ETHER,
        reward: (3n * ETHER) / 2n,
      },
    ]);
    expect(await registry.pending(f.bob.account)).toBe((3n * ETHER) / 2n);
    expect(await registry.pending(BURNED)).toBe((3n * ETHER) / 2n);
    expect(await registry.validator(person(1).account)).toMatchObject({ isSlashed: true, stake: 0n });
  });

  it('costs only the committer of the oldest, who held up those behind it', async () => {
    const { registry, f } = w;
    await (await slotOf(1)).commitBatch(await close(), NO_EVM);
    await (await slotOf(2)).commitBatch(await close(), NO_EVM);
    await f.warp(proveDeadlineSeconds + 1);
    await f.bob.revertBatches();
    expect((await registry.validator(person(1).account))?.isSlashed).toBe(true);
    expect((await registry.validator(person(2).account))?.isSlashed).toBe(false);
    const { committed, proven } = await f.alice.state();
    expect(committed).toEqual(proven);
  });

  it('costs half of the stake even if the committer drops it itself', async () => {
    await unprovable(1);
    await person(1).revertBatches();
    expect(await w.registry.pending(person(1).account)).toBe((3n * ETHER) / 2n);
    expect(await w.registry.pending(w.f.alice.account)).toBe(0n);
  });

  it('costs it also if the committer has left meanwhile: the stake is still there', async () => {
    const { registry, f } = w;
    const leader = await (async () => {
      // As late as a leader can be: in the slot that is cut by the epoch's end, after it has called its stake back.
      let slot = slotAt(w.startOf(1));
      if (slot * slotSeconds === w.startOf(1)) slot -= 1;
      await w.send(registry.calls.unstake(w.signer(slot % 3).address));
      const last = Math.max((slot + 1) * slotSeconds - 1, w.startOf(1) - 1);
      await w.warpTo(last - 10);
      const batch = await close();
      await w.nextBlockAt(last);
      await person(slot % 3).commitBatch(batch, NO_EVM);
      return person(slot % 3);
    })();
    const { withdrawableAt } = (await registry.validator(leader.account)) ?? expect.unreachable();
    await w.warpTo((await f.now()) + proveDeadlineSeconds + 1);
    expect(await f.now()).toBeLessThan(withdrawableAt ?? 0);
    await f.bob.revertBatches();
    expect(await registry.validator(leader.account)).toMatchObject({ isSlashed: true, stake: 0n });
  });

  it('is dropped also when its committer has nothing to lose any more', async () => {
    const { registry, f } = w;
    await unprovable(1);
    await w.send(registry.calls.slash(await w.equivocation(w.signer(1))), f.bob);
    const before = await registry.pending(f.bob.account);
    await f.bob.revertBatches();
    expect(await registry.pending(f.bob.account)).toBe(before);
    expect((await f.alice.state()).committed.batch).toBe(0);
  });

  it('cannot be told of to the registry by anyone but the rollup', async () => {
    const { registry, f } = w;
    const args = [person(0).account, f.bob.account] as const;
    const data = encodeFunctionData({ abi: registryAbi, functionName: 'onReverted', args });
    await expectError('NotRollup', f.bob.send({ to: registry.address, data, value: 0n }));
  });
});

describe('after a revert', () => {
  const reopened = graceSeconds + proveDeadlineSeconds;
  let chain: ClosedBatch[];

  beforeEach(async () => {
    chain = [];
    await unprovable(1);
    await w.f.bob.revertBatches();
    ledger = new TestLedger(w.f.deployment.domain);
  });

  async function submit(queue: readonly QueueEntry[] = []): Promise<void> {
    const batch = await close(queue);
    await w.f.bob.submitProvenBatch(batch, NO_EVM, ANY_PROOF);
    chain.push(batch);
  }

  it('nobody commits for the grace period and the time to prove, while anyone submits with a proof', async () => {
    const { f } = w;
    const closedUntil = (await f.now()) + reopened;
    expect(await f.alice.state()).toMatchObject({ isOpen: true, closedUntil });
    await submit();
    for (const i of [0, 2]) {
      const leader = await slotOf(i);
      const error = await expectError('CommitPathClosed', leader.commitBatch(await next(), NO_EVM));
      expect(error.data).toEqual({ args: [BigInt(closedUntil)] });
    }
    await w.warpTo(closedUntil - 20);
    await submit();
    expect(await f.alice.state()).toMatchObject({ isOpen: true, proven: { batch: 2 } });
  });

  it('leaders commit again when that time is over, and close the open path by it', async () => {
    const { f } = w;
    await submit();
    await w.warpTo((await f.alice.state()).closedUntil);
    const leader = await slotOf(2);
    const posted = await leader.commitBatch(await next(), NO_EVM);
    await f.bob.proveBatches([{ posted, proof: ANY_PROOF }]);
    expect(await f.alice.state()).toMatchObject({ isOpen: false, proven: { batch: 2 } });
  });

  it('the chain stands still for no longer than a batch may take to be proven, however many leaders conspire', async () => {
    const { f } = w;
    // A user's deposit, and leaders that post what nobody can prove, one after the other, until none has a stake left.
    const entry = await f.alice.depositNew({ token: 0, amount: 1000n, key: actor(1).key });
    await submit([entry]);
    for (const i of [0, 2]) {
      await w.warpTo((await f.alice.state()).closedUntil);
      const begun = await f.now();
      const leader = await leading(i);
      const before = ledger;
      await leader.commitBatch(await next(), NO_EVM);
      ledger = before;
      await f.warp(proveDeadlineSeconds + 1);
      await f.bob.revertBatches();
      await replay();
      await submit();
      expect((await f.now()) - begun).toBeLessThan(proveDeadlineSeconds + 4 * slotSeconds);
    }
    await w.warpTo((await f.alice.state()).closedUntil + REGISTRY_SETTINGS.epochSeconds);
    expect(await w.registry.totalWeight()).toBe(0n);
    await submit();
    expect((await f.alice.state()).proven.batch).toBe(chain.length);
    expect(await w.registry.pending(BURNED)).toBe(5n * ETHER);
  });

  it('the queue is served in time by whoever submits', async () => {
    const { f } = w;
    const entry = await f.alice.depositNew({ token: 0, amount: 1000n, key: actor(1).key });
    await submit([entry]);
    expect(await f.alice.pendingWithdrawal(0, f.bob.account)).toBe(queueFee);
  });

  /** The next batch on what is proven, whatever was tried before. */
  async function next(): Promise<ClosedBatch> {
    await replay();
    const batch = await close();
    await replay();
    return batch;
  }

  async function replay(): Promise<void> {
    ledger = new TestLedger(w.f.deployment.domain);
    ledger.replay(chain);
  }

  /** This validator when it leads, whoever was slashed before. */
  async function leading(i: number): Promise<RollupClient> {
    for (;;) {
      const now = await w.f.now();
      if ((await w.registry.leaderAt(now)) === lower(person(i).account)) return person(i);
      await w.warpTo((slotAt(now) + 1) * slotSeconds);
    }
  }
});

describe('a rollup', () => {
  const deployer = () => {
    const { f } = w;
    const wallet = f.clients.walletClient(f.l1.accounts[0] ?? expect.unreachable());
    return { wallet, publicClient: f.clients.publicClient };
  };
  const options = () => ({
    ...{ l2ChainId: TEST_L2_CHAIN_ID, genesisRoot: new AccountTree().root, sequencer: w.f.sequencer.account },
    ...{ verifiers: w.f.deployment.verifiers, accountVerifier: w.f.accountVerifier },
  });

  it('does not take another rollup’s registry, or any other contract, for its seat', async () => {
    const { f } = w;
    const { bytecode } = artifact(await buildContracts(), 'Rollup');
    for (const sequencer of [w.registry.address, f.verifier, f.deployment.attestations]) {
      const parameters = { ...options(), ...TEST_SETTINGS, bond: 0n, sequencer };
      const shape = { verifier: f.verifier, l1Slots: 2, opSlots: 8, exitSlots: 2 };
      const data = encodeDeployData({ abi: rollupAbi, bytecode, args: [parameters, [shape]] });
      await expect(deployCode(data, 0n, deployer())).rejects.toMatchObject({
        code: sequencer === w.registry.address ? 'BadParameters' : 'L1_REVERTED',
      });
    }
  });

  it('has no bond where validators have stakes', async () => {
    const stake = { owner: w.f.alice.account, signer: w.stranger(0).address, stake: ETHER };
    const registry = { settings: REGISTRY_SETTINGS, genesis: [stake], rotate: true };
    await expectError(
      'BAD_PARAMETERS',
      deployWithVerifiers({ ...options(), settings: TEST_SETTINGS, registry }, deployer()),
    );
  });

  it('with an account in its seat pays attention to no slots, and its registry slashes for attestations only', async () => {
    const world = await RegistryWorld.start();
    try {
      const { f, registry } = world;
      const own = new TestLedger(f.deployment.domain);
      const commit = async () => f.sequencer.commitBatch(own.close({ timestamp: await f.now() }), NO_EVM);
      await commit();
      await f.warp(slotSeconds);
      await commit();
      expect(await f.alice.state()).toMatchObject({
        isRotating: false,
        closedUntil: 0,
        sequencer: f.sequencer.account,
      });
      await f.warp(proveDeadlineSeconds + 10);
      await f.bob.revertBatches();
      expect(await f.alice.state()).toMatchObject({ sequencer: `0x${'00'.repeat(20)}`, closedUntil: 0 });
      expect((await registry.validators()).every(({ isSlashed }) => !isSlashed)).toBe(true);
      const lane = await LaneWorld.open(f);
      const outcome = await lane.submit();
      await lane.attest(outcome);
      expect(await lane.alice.attestedBatch()).toBe(1);
    } finally {
      await world.f.l1.stop();
    }
  });
});
