/** Gas of the validators' calls, and of what is dearer where they take turns. */
import { encodeFunctionData } from 'viem';
import { registryAbi } from '../client/registryAbi.ts';
import type { RollupClient } from '../client/rollupClient.ts';
import { NO_EVM } from './evmBatch.ts';
import { TEST_SETTINGS } from './fixture.ts';
import type { GasReport } from './gasCases.ts';
import { LaneWorld, lower } from './laneWorld.ts';
import { TestLedger } from './ledger.ts';
import { ETHER, RegistryWorld } from './registryWorld.ts';

const MANY = 64;

export async function measureRegistryGas(): Promise<GasReport> {
  return { ...(await callsOf(4)), ...(await accountCommits()), ...(await rotationOf(4)), ...(await rotationOf(MANY)) };
}

async function started<T>(w: RegistryWorld, work: (w: RegistryWorld) => Promise<T>): Promise<T> {
  try {
    return await work(w);
  } finally {
    await w.f.l1.stop();
  }
}

async function callsOf(validators: number): Promise<GasReport> {
  const report: GasReport = {};
  const world = await RegistryWorld.start({
    registry: { rewardPerEpoch: 10n ** 15n },
    stakes: Array.from({ length: validators }, () => 2n),
  });
  return started(world, async (w) => {
    const { registry, f } = w;
    const note = async (name: string, events: Promise<readonly { l1: { transactionHash: `0x${string}` } }[]>) => {
      const [event] = await events;
      const hash = event?.l1.transactionHash ?? '0x';
      report[`registry.${name}`] = Number((await f.clients.publicClient.getTransactionReceipt({ hash })).gasUsed);
    };
    const { calls } = registry;
    await note('register', w.register(w.stranger(0)));
    await note('addStake', w.send(calls.addStake(w.signer(0).address, ETHER)));
    await note('fund', w.send(calls.fund(ETHER)));
    const lane = await LaneWorld.open(f);
    await lane.attest(await lane.prove());
    await note('unstake', w.send(calls.unstake(w.signer(1).address)));
    await w.nextEpoch();
    await note('register.intoLeftSeat', w.register(w.stranger(1)));
    await note('claimReward', w.send(calls.claimReward(w.signer(0).address, 0)));
    await note('slash', w.send(calls.slash(await w.equivocation(w.signer(2))), f.bob));
    await w.nextEpoch(3);
    await note('withdraw', w.send(calls.withdraw()));
    return report;
  });
}

/** The same commits by an account that has the seat to itself. */
async function accountCommits(): Promise<GasReport> {
  return started(await RegistryWorld.start(), async (w) => {
    const { sequencer } = w.f;
    return commits(w, { name: 'registry.account', by: async () => sequencer });
  });
}

/** The first commit of a deployment, and the next: empty batches. */
async function commits(
  { f }: RegistryWorld,
  { name, by }: { name: string; by: () => Promise<RollupClient> },
): Promise<GasReport> {
  const report: GasReport = {};
  const ledger = new TestLedger(f.deployment.domain);
  for (const place of ['commit.first', 'commit']) {
    await f.warp(12);
    const posted = await (await by()).commitBatch(ledger.close({ timestamp: await f.now() }), NO_EVM);
    const { gasUsed } = await f.clients.publicClient.getTransactionReceipt({ hash: posted.l1.transactionHash });
    report[`${name}.${place}`] = Number(gasUsed);
  }
  return report;
}

/** Commits by leaders and attestations by all. */
async function rotationOf(validators: number): Promise<GasReport> {
  const world = await RegistryWorld.start({
    registry: { rewardPerEpoch: 10n ** 15n, maxSeats: validators },
    stakes: Array.from({ length: validators }, () => 1n),
    rotate: true,
    accounts: validators + 6,
  });
  return started(world, async (w) => {
    const { f, registry } = w;
    const name = `registry.${validators}`;
    // From the beginning of an epoch and of a slot of a seat other than 0, a number that costs less to write down: which words
    // are written, and with what, does not depend on the hour.
    await w.nextEpoch();
    const { slotSeconds } = w.parameters;
    let slot = Math.floor((await f.now()) / slotSeconds) + 1;
    while ((await registry.leaderAt(slot * slotSeconds)) === lower(w.signer(0).address)) slot += 1;
    await w.warpTo(slot * slotSeconds);
    const report = await commits(w, { name, by: () => leader(w) });
    await f.warp(TEST_SETTINGS.proveDeadlineSeconds + 1);
    report[`${name}.revert`] = Number((await f.bob.revertBatches()).gasUsed);

    await w.send(registry.calls.fund(ETHER));
    const lane = await LaneWorld.open(f);
    // Whoever committed first was slashed by the revert.
    const views = await registry.validators();
    const left = views.flatMap(({ isSlashed }, i) => (isSlashed ? [] : [i]));
    for (const place of ['attest.firstOfEpoch', 'attest']) {
      const outcome = await lane.submit();
      report[`${name}.${place}`] = Number((await lane.attest(outcome, left)).gasUsed);
    }

    // All but one leave: a leader is found behind empty seats only.
    const seat = left.pop() ?? 0;
    for (const i of left) await w.send(registry.calls.unstake(w.signer(i).address));
    await w.nextEpoch();
    await f.warp(slotSeconds);
    const now = Math.floor((await f.now()) / slotSeconds);
    // The slot whose turn starts just behind the one that is left.
    const far = now + ((seat + 1 - (now % validators) + validators) % validators);
    const data = encodeFunctionData({
      abi: registryAbi,
      functionName: 'leaderAt',
      args: [BigInt(far * slotSeconds)],
    });
    const call = { to: registry.address, data, value: 0n };
    report[`${name}.leaderAt.behindEmptySeats`] = Number(await registry.simulate(call, f.bob.account));
    return report;
  });
}

async function leader(w: RegistryWorld): Promise<RollupClient> {
  const found = await w.registry.leaderAt(await w.f.now());
  const account = w.f.attestors.find(({ address }) => lower(address) === found);
  if (account === undefined) throw new RangeError('no leader');
  return w.client(account);
}
