import { toHex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attestationTypedData } from '../../bridge/client/attestation.ts';
import { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import { DEV_MNEMONIC } from '../../bridge/deploy/localL1.ts';
import { LaneWorld, type Outcome } from '../../bridge/testing/laneWorld.ts';
import { ETHER, RegistryWorld } from '../../bridge/testing/registryWorld.ts';
import type { Db } from '../../chain/db.ts';
import { silentLogger } from '../../chain/logger.ts';
import { FakeClock } from '../../chain/testing/fakeClock.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { signDigest } from '../../chain/wire/signatures.ts';
import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import type { EvmBatch, Hex } from '../../protocol/lane/types.ts';
import type { Field } from '../../protocol/types.ts';
import { Secret } from '../config/secret.ts';
import { AccountTurn } from './accountTurn.ts';
import { encodeAttestation } from './attestation.ts';
import { attestationHasher } from './attestationHash.ts';
import { createValidator, type ValidatorParts } from './createValidator.ts';
import type { ValidatorService } from './validatorService.ts';

/** Four validators against the real contracts, with a bus in memory for a network. */
const VALIDATORS = [0, 1, 2, 3] as const;
const STAKES = [4n, 4n, 4n, 4n];
const DELAY_MS = 6_000;

let world: RegistryWorld;
let laneWorld: LaneWorld;
let lane: EvmLaneReader;
beforeAll(async () => {
  world = await RegistryWorld.start({ stakes: STAKES, registry: { rewardPerEpoch: ETHER } });
  const { address: rollup, evmLane, deployedAt } = world.f.deployment;
  lane = await EvmLaneReader.connect({ address: evmLane, rollup, deployedAt }, world.f.clients.publicClient);
});
afterAll(() => world.f.l1.stop());
beforeEach(async () => {
  await world.f.reset();
  laneWorld = await LaneWorld.open(world.f);
});

interface Member {
  readonly service: ValidatorService;
  readonly db: Db;
  readonly own: Map<number, { evm: EvmBatch; commitment: { c: Field; r: Field; y: Field } }>;
  isDown: boolean;
}

/** What everybody says reaches everybody who is up. */
class Net {
  readonly members: Member[] = [];
  readonly clock = new FakeClock();
  readonly calls: string[] = [];

  async say(bytes: Uint8Array, from: number): Promise<string[]> {
    const others = this.members.filter((member, i) => i !== from && !member.isDown);
    return Promise.all(others.map(async ({ service }) => (await service.onAttestation(bytes, `peer ${from}`)).reason));
  }

  async join(i: number): Promise<Member> {
    const own: Member['own'] = new Map();
    const db = memoryDb();
    const chain: ValidatorParts['store'] = {
      evmBatch: async (n) => own.get(n)?.evm,
      batch: async (n) => own.get(n),
      // the rules of derivation are tested in postedRules.test.ts: the data here are no blocks
      isPosted: async () => true,
      summary: async () => undefined,
      evmBlock: async () => undefined,
      header: async () => undefined,
    };
    const service = await createValidator(
      {
        secrets: { l1Key: new Secret(keyOf(i)), attestorKeys: [] },
        l1: { confirmations: 0, pollMs: 20 },
        sequencer: { maxGasPriceGwei: 500 },
        validator: { enabled: true, reportEquivocation: true, claimRewards: true },
      },
      {
        ...{ db, store: chain, lane, registry: world.registry, turn: new AccountTurn(), log: silentLogger },
        rollup: world.f.alice as RollupReader,
        publicClient: world.f.clients.publicClient,
        clock: { nowMs: () => this.clock.nowMs(), sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)) },
        publish: async (bytes) => void (await this.say(bytes, i)),
        onMined: (call) => void this.calls.push(`${call} by ${i}`),
        timing: { sendDelayMs: DELAY_MS, rewardsMs: 0 },
      },
    );
    if (service === undefined) throw new RangeError(`validator ${i}`);
    const member = { service, db, own, isDown: false };
    this.members.push(member);
    return member;
  }

  /** Everybody has executed it. */
  learn({ posted, output }: Outcome): void {
    for (const { own } of this.members) {
      own.set(posted.number, { evm: evmBatchOf(output, posted.evmData), commitment: posted.stored });
    }
  }

  /** Each looks at L1 once, in order. */
  async look(): Promise<string[]> {
    const kinds: string[] = [];
    for (const { service, isDown } of this.members) kinds.push(isDown ? 'down' : (await service.step()).kind);
    return kinds;
  }
}

/** Private key of validator `i` of epoch 0. */
function keyOf(i: number): Hex {
  const position = world.f.l1.accounts.findIndex(({ address }) => address === world.signer(i).address);
  const key = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: position }).getHdKey().privateKey;
  return key === null ? expect.unreachable() : toHex(key);
}

async function network(): Promise<Net> {
  const net = new Net();
  for (const i of VALIDATORS) await net.join(i);
  // before it has seen L1 none of them can judge what it hears
  await net.look();
  return net;
}

/** Without asking any guard. */
function signed(i: number, batch: number, commitment: bigint): Uint8Array {
  const signature = signDigest(attestationHasher(lane.attestationDomain)(batch, commitment), keyOf(i));
  return encodeAttestation({ batch, commitment, signature });
}

describe('four validators', () => {
  it('attest a batch with one transaction, by the one whose turn it is', async () => {
    const net = await network();
    const outcome = await laneWorld.prove();
    net.learn(outcome);
    expect(await net.look()).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
    // turn 1 of seats 0 … 3: the second validator’s
    expect(await net.look()).toEqual(['waiting', 'attested', 'idle', 'idle']);
    expect(net.calls).toEqual(['attest by 1']);
    expect(await lane.attestedBatch()).toBe(1);
    const next = await laneWorld.prove();
    net.learn(next);
    await net.look();
    await net.look();
    expect(net.calls).toEqual(['attest by 1', 'attest by 2']);
    expect(net.members.map(({ service }) => service.status.lastSigned)).toEqual([2, 2, 2, 2]);
    expect(net.members.map(({ service }) => service.status.collected)).toEqual([8, 8, 8, 8]);
  });

  it('go on while one is down, also when it is that one’s turn', async () => {
    const net = await network();
    const down = net.members[1] ?? expect.unreachable();
    down.isDown = true;
    net.learn(await laneWorld.prove());
    await net.look();
    expect(await net.look()).toEqual(['waiting', 'down', 'waiting', 'waiting']);
    net.clock.advance(DELAY_MS);
    expect(await net.look()).toEqual(['waiting', 'down', 'waiting', 'waiting']);
    net.clock.advance(2_000);
    expect(await net.look()).toEqual(['waiting', 'down', 'attested', 'idle']);
    expect(net.calls).toEqual(['attest by 2']);
  });

  it('do not reach two thirds while two are down, and do as soon as one is back', async () => {
    const net = await network();
    for (const i of [2, 3]) (net.members[i] ?? expect.unreachable()).isDown = true;
    net.learn(await laneWorld.prove());
    await net.look();
    net.clock.advance(60_000);
    expect(await net.look()).toEqual(['waiting', 'waiting', 'down', 'down']);
    (net.members[3] ?? expect.unreachable()).isDown = false;
    for (let i = 0; i < 3; i += 1) {
      await net.look();
      net.clock.advance(4 * DELAY_MS);
    }
    expect(await lane.attestedBatch()).toBe(1);
    expect(net.calls).toHaveLength(1);
  });

  it('sign nothing if something else was posted than they have executed, and say so', async () => {
    const net = await network();
    const outcome = await laneWorld.prove();
    const forged = { ...outcome, output: { ...outcome.output, outboxCount: outcome.output.outboxCount + 1n } };
    net.learn(forged);
    expect(await net.look()).toEqual(['mismatch', 'mismatch', 'mismatch', 'mismatch']);
    net.clock.advance(600_000);
    await net.look();
    expect(net.members.map(({ service }) => service.status.mismatch)).toEqual([1, 1, 1, 1]);
    expect(net.calls).toEqual([]);
    expect(await lane.attestedBatch()).toBe(0);
  });

  it('one that signed twice loses its stake by another’s report, once', async () => {
    const net = await network();
    const offender = world.signer(3);
    net.learn(await laneWorld.prove());
    await net.look();
    expect(await net.say(signed(3, 1, 123n), 3)).toEqual(['EQUIVOCATION', 'EQUIVOCATION', 'EQUIVOCATION']);
    net.clock.advance(10 * DELAY_MS);
    for (let i = 0; i < 3; i += 1) {
      await net.look();
      net.clock.advance(10 * DELAY_MS);
    }
    expect(await world.registry.validator(offender.address)).toMatchObject({ isSlashed: true, stake: 0n, weight: 0n });
    expect(net.calls.filter((call) => call.startsWith('registry'))).toHaveLength(1);
    expect(net.members.map(({ service }) => service.status.evidence)).toEqual([1, 1, 1, 0]);
    expect(net.members.map(({ service }) => service.status.isKeyElsewhere)).toEqual([false, false, false, false]);
    // three are left of a total of four
    net.learn(await laneWorld.prove());
    await net.look();
    net.clock.advance(10 * DELAY_MS);
    await net.look();
    expect(await lane.attestedBatch()).toBe(2);
  });

  it('one that signs one thing on L1 and tells another loses its stake, too', async () => {
    const net = await network();
    (net.members[3] ?? expect.unreachable()).isDown = true;
    const outcome = await laneWorld.prove();
    const data = attestationTypedData(lane.attestationDomain, 1, outcome.posted.header.evmCommitment);
    await laneWorld.bob.attest({ ...outcome, signatures: [await world.signer(3).signTypedData(data)] });
    expect(await net.say(signed(3, 1, 123n), 3)).toEqual(['UNKNOWN_BATCH', 'UNKNOWN_BATCH', 'UNKNOWN_BATCH']);
    for (let i = 0; i < 3; i += 1) {
      await net.look();
      net.clock.advance(10 * DELAY_MS);
    }
    expect(await world.registry.validator(world.signer(3).address)).toMatchObject({ isSlashed: true });
    expect(net.calls).toHaveLength(1);
  });

  it('one that was moved with a database of before does not sign a second time', async () => {
    const net = await network();
    const outcome = await laneWorld.prove();
    net.learn(outcome);
    const first = net.members[0] ?? expect.unreachable();
    await first.service.step();
    const restarted = new Net();
    const again = await restarted.join(0);
    for await (const [key, value] of first.db.range({ gte: 'z/', lt: 'z0' })) {
      await again.db.write([{ type: 'put', key, value }]);
    }
    // an L1 reorg: another batch 1 is proven, which this node has executed, too
    await world.f.reset();
    const other = await (await LaneWorld.open(world.f)).prove({ data: Uint8Array.of(1, 2, 3) });
    restarted.learn(other);
    expect(await restarted.look()).toEqual(['refused']);
    expect(again.service.status.refused).toBe(1);
  });

  it('collect what an epoch earned when it is over', async () => {
    const net = await network();
    await world.send(world.registry.calls.fund(10n * ETHER));
    net.learn(await laneWorld.prove());
    await net.look();
    await net.look();
    await world.nextEpoch();
    net.clock.advance(60_000);
    const before = await world.registry.pending(world.f.alice.account);
    await net.look();
    expect((await world.registry.pending(world.f.alice.account)) - before).toBe(ETHER);
    await net.look();
    expect(net.calls.filter((call) => call.startsWith('registry'))).toHaveLength(4);
  });
});
