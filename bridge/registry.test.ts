import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccountTree } from '../protocol/tree.ts';
import { registrationTypedData } from './client/registration.ts';
import { RegistryReader } from './client/registryReader.ts';
import type { Address, L1Call } from './client/types.ts';
import { deployWithVerifiers } from './deploy/deploy.ts';
import type { GenesisValidator, RegistrySettings } from './deploy/registry.ts';
import { expectError, TEST_L2_CHAIN_ID, TEST_SETTINGS } from './testing/fixture.ts';
import { LaneWorld, lower } from './testing/laneWorld.ts';
import { ETHER, REGISTRY_SETTINGS, RegistryWorld } from './testing/registryWorld.ts';

const ZERO: Address = `0x${'00'.repeat(20)}`;

let w: RegistryWorld;
beforeAll(async () => {
  w = await RegistryWorld.start();
});
beforeEach(() => w.f.reset());
afterAll(() => w?.f.l1.stop());

const weights = async () => {
  const { seats } = await w.registry.schedule(await w.epoch());
  return seats.map((seat) => (seat === undefined ? undefined : seat.weight / ETHER));
};

describe('a deployment', () => {
  it('has the first validators in epoch 0', async () => {
    const { registry, f } = w;
    expect(await registry.totalWeight()).toBe(10n * ETHER);
    expect(await weights()).toEqual([4n, 3n, 3n]);
    expect(await registry.validators()).toEqual(
      [4n, 3n, 3n].map((stake, seat) => ({
        signer: lower(w.signer(seat).address),
        owner: lower(f.alice.account),
        ...{ seat, stake: stake * ETHER, weight: stake * ETHER, activeFrom: 0, isSlashed: false },
      })),
    );
    expect(await registry.validator(w.stranger(0).address)).toBeUndefined();
    expect(w.parameters).toMatchObject({
      ...{ rollup: lower(f.deployment.address), evmLane: lower(f.deployment.evmLane) },
      ...REGISTRY_SETTINGS,
    });
    expect(f.deployment.attestors).toBe(f.deployment.registry);
    const lane = await LaneWorld.open(f);
    expect((await lane.alice.attestors()).map(({ address }) => address)).toEqual(f.attestors.map((a) => a.address));
    expect(await lane.alice.totalWeight()).toBe(10n * ETHER);
  });

  const deploy = (settings: Partial<RegistrySettings>, genesis?: readonly GenesisValidator[], rotate = false) => {
    const { f } = w;
    const [deployer] = f.l1.accounts;
    const one = { owner: f.alice.account, signer: w.stranger(0).address, stake: ETHER };
    return deployWithVerifiers(
      {
        ...{ l2ChainId: TEST_L2_CHAIN_ID, genesisRoot: new AccountTree().root, sequencer: f.sequencer.account },
        ...{ verifiers: f.deployment.verifiers, accountVerifier: f.accountVerifier },
        settings: { ...TEST_SETTINGS, ...(rotate && { bond: 0n }) },
        registry: { settings: { ...REGISTRY_SETTINGS, ...settings }, genesis: genesis ?? [one], rotate },
      },
      { wallet: f.clients.walletClient(deployer ?? expect.unreachable()), publicClient: f.clients.publicClient },
    );
  };

  it.each<[string, Partial<RegistrySettings>]>([
    ['slots longer than an epoch', { slotSeconds: 10_001 }],
    ['slots of no time', { slotSeconds: 0 }],
    ['stakes that are free at once', { unstakeDelaySeconds: 0 }],
    ['stakes of nothing', { minStake: 0n }],
    ['stakes beyond all limits', { minStake: 2n ** 88n }],
    ['no seats', { maxSeats: 0 }],
    ['more seats than their numbers', { maxSeats: 257 }],
  ])('with %s is refused', async (_name, settings) => {
    await expectError('BadParameters', deploy(settings));
  });

  it('with wrong first validators is refused', async () => {
    const { f } = w;
    const one = { owner: f.alice.account, signer: w.stranger(0).address, stake: ETHER };
    await expectError('BadParameters', deploy({}, []));
    await expectError('StakeTooSmall', deploy({}, [{ ...one, stake: ETHER - 1n }]));
    await expectError('SignerTaken', deploy({}, [one, one]));
    await expectError('ZeroAddress', deploy({}, [{ ...one, signer: ZERO }]));
    await expectError('ZeroAddress', deploy({}, [{ ...one, owner: ZERO }]));
    await expectError('NoFreeSeat', deploy({ maxSeats: 1 }, [one, { ...one, signer: w.stranger(1).address }]));
  });

  it('with a rotating seat is refused if a leader could withdraw before its batch can be dropped', async () => {
    const least = TEST_SETTINGS.proveDeadlineSeconds + REGISTRY_SETTINGS.slotSeconds;
    await expectError('BadParameters', deploy({ unstakeDelaySeconds: least }, undefined, true));
    await deploy({ unstakeDelaySeconds: least + 1 }, undefined, true);
    await deploy({ unstakeDelaySeconds: least }, undefined, false);
  });

  it('is told from another contract', async () => {
    const { deployedAt, address } = w.f.deployment;
    await expectError('NOT_A_REGISTRY', RegistryReader.connect({ address, deployedAt }, w.f.clients.publicClient));
  });

  it('takes no ether that it could not account for', async () => {
    const { address } = w.registry;
    await expectError('StrayEther', w.f.bob.send({ to: address, data: '0x', value: 1n }));
    await expectError('L1_REVERTED', w.f.bob.send({ to: address, data: '0x12345678', value: 1n }));
  });
});

describe('a registration', () => {
  it('counts from the next epoch on, for the owner who sent it', async () => {
    const { registry, f } = w;
    const events = await w.register(w.stranger(0), { value: 2n * ETHER });
    const signer = lower(w.stranger(0).address);
    const facts = { signer, owner: lower(f.bob.account), seat: 3, stake: 2n * ETHER, activeFrom: 1 };
    expect(events).toMatchObject([{ type: 'registered', ...facts }]);
    expect(await registry.validator(signer)).toEqual({ ...facts, weight: 0n, isSlashed: false });
    expect(await weights()).toEqual([4n, 3n, 3n]);
    expect((await registry.schedule(1)).seats[3]).toEqual({ signer, weight: 2n * ETHER });
    await w.warpTo(w.startOf(1) - 1);
    expect(await registry.weightOf(signer)).toBe(0n);
    expect(await registry.totalWeight()).toBe(10n * ETHER);
    await w.warpTo(w.startOf(1));
    expect(await registry.weightOf(signer)).toBe(2n * ETHER);
    expect(await registry.totalWeight()).toBe(12n * ETHER);
    expect(await weights()).toEqual([4n, 3n, 3n, 2n]);
  });

  it('in the last second of an epoch counts a second later, in the first second of one an epoch later', async () => {
    const { registry } = w;
    await w.warpTo(w.startOf(3) - 100);
    const calls = await Promise.all(
      [0, 1].map(async (i) => {
        const signature = await w.agreement(w.stranger(i), w.f.bob.account);
        return registry.calls.register({ signer: w.stranger(i).address, signature, value: ETHER });
      }),
    );
    for (const [i, call] of calls.entries()) {
      await w.nextBlockAt(w.startOf(3) - 1 + i);
      await w.send(call, w.f.bob);
    }
    const from = async (i: number) => (await registry.validator(w.stranger(i).address))?.activeFrom;
    expect([await from(0), await from(1)]).toEqual([3, 4]);
  });

  it('needs the least stake', async () => {
    await expectError('StakeTooSmall', w.register(w.stranger(0), { value: ETHER - 1n }));
    await expectError('StakeTooSmall', w.register(w.stranger(0), { value: 0n }));
  });

  it('needs the word of the signer, for this owner, this registry and this chain', async () => {
    const { registry, f } = w;
    const signer = w.stranger(0);
    const send = async (signature: `0x${string}`, address: Address = signer.address) =>
      w.send(registry.calls.register({ signer: address, signature, value: ETHER }), f.bob);
    const sign = (domain: object, owner: Address) =>
      signer.signTypedData(registrationTypedData({ ...registry.registrationDomain, ...domain }, owner));
    // Somebody else's signer, by one's own key or by a signature seen in the pool of transactions.
    await expectError('SignerMismatch', send(await w.agreement(w.stranger(1), f.bob.account)));
    await expectError('SignerMismatch', send(await sign({}, f.alice.account)));
    await expectError('SignerMismatch', send(await sign({ l1ChainId: 1n }, f.bob.account)));
    await expectError('SignerMismatch', send(await sign({ registry: f.deployment.evmLane }, f.bob.account)));
    await expectError('ECDSAInvalidSignature', send(`0x${'00'.repeat(65)}`, ZERO));
    await expectError('ECDSAInvalidSignatureLength', send('0x'));
    await send(await sign({}, f.bob.account));
  });

  it('uses a signer once and for all: while it is here, when it has left', async () => {
    const { registry, f } = w;
    await w.register(w.stranger(0));
    await expectError('SignerTaken', w.register(w.stranger(0)));
    await expectError('SignerTaken', w.register(w.stranger(0), { by: f.sequencer }));
    await w.nextEpoch();
    await w.send(registry.calls.unstake(w.stranger(0).address), f.bob);
    await w.nextEpoch(4);
    await w.send(registry.calls.withdraw(), f.bob);
    await expectError('SignerTaken', w.register(w.stranger(0)));
  });

  it('needs a seat, and takes one that was left', async () => {
    const { registry, f } = w;
    for (const i of [0, 1, 2]) await w.register(w.stranger(i));
    // Accounts cost nothing: any key will do for a signer.
    const seventh = f.l1.accounts[0] ?? expect.unreachable();
    await expectError('NoFreeSeat', w.register(seventh));
    await w.nextEpoch();
    await w.send(registry.calls.unstake(w.signer(1).address));
    await w.register(seventh);
    // In this epoch the seat is still the old one's.
    const sitters = async (epoch: number) => (await registry.schedule(epoch)).seats[1]?.signer;
    expect([await sitters(1), await sitters(2)]).toEqual([lower(w.signer(1).address), lower(seventh.address)]);
    expect(await registry.validator(seventh.address)).toMatchObject({ seat: 1, activeFrom: 2 });
    await w.nextEpoch();
    expect((await registry.schedule(2)).seats).toHaveLength(6);
    expect(await registry.totalWeight()).toBe(11n * ETHER);
  });
});

describe('more stake', () => {
  it('counts from the next epoch on', async () => {
    const { registry } = w;
    const { address } = w.signer(1);
    const [event] = await w.send(registry.calls.addStake(address, ETHER));
    expect(event).toMatchObject({ type: 'stakeAdded', amount: ETHER, activeFrom: 1 });
    await w.send(registry.calls.addStake(address, ETHER));
    expect(await registry.validator(address)).toMatchObject({ stake: 5n * ETHER, weight: 3n * ETHER });
    expect(await registry.totalWeight()).toBe(10n * ETHER);
    await w.nextEpoch();
    await w.send(registry.calls.addStake(address, ETHER));
    expect(await registry.weightOf(address)).toBe(5n * ETHER);
    expect(await registry.totalWeight()).toBe(12n * ETHER);
    await w.nextEpoch();
    expect(await weights()).toEqual([4n, 6n, 3n]);
    expect(await registry.totalWeight()).toBe(13n * ETHER);
  });

  it('comes from the owner, for a validator that stays', async () => {
    const { registry, f } = w;
    const { address } = w.signer(1);
    await expectError('NotOwner', w.send(registry.calls.addStake(address, ETHER), f.bob));
    await expectError('UnknownValidator', w.send(registry.calls.addStake(w.stranger(0).address, ETHER)));
    await expectError('StakeTooSmall', w.send(registry.calls.addStake(address, 0n)));
    await w.send(registry.calls.unstake(address));
    await expectError('AlreadyLeaving', w.send(registry.calls.addStake(address, ETHER)));
  });

  it('cannot reach what the 2/3 rule could not multiply', async () => {
    const { registry, f } = w;
    await f.clients.testClient.setBalance({ address: f.alice.account, value: 2n ** 100n });
    const call = (value: bigint) => w.send(registry.calls.addStake(w.signer(0).address, value));
    await expectError('StakeTooLarge', call(2n ** 88n));
    await expectError('StakeTooLarge', call(2n ** 88n - 10n * ETHER));
    await call(2n ** 88n - 10n * ETHER - 1n);
    await expectError('StakeTooLarge', call(1n));
    await expectError('StakeTooLarge', w.register(w.stranger(0)));
    await w.nextEpoch();
    expect(await registry.totalWeight()).toBe(2n ** 88n - 1n);
  });
});

describe('leaving', () => {
  it('counts from the next epoch on, and pays when the delay is over', async () => {
    const { registry, f } = w;
    const { address } = w.signer(1);
    const [event] = await w.send(registry.calls.unstake(address));
    const withdrawableAt = w.startOf(1) + REGISTRY_SETTINGS.unstakeDelaySeconds;
    expect(event).toMatchObject({ type: 'unstaked', stake: 3n * ETHER, activeUntil: 1, withdrawableAt });
    expect(await registry.weightOf(address)).toBe(3n * ETHER);
    expect(await registry.totalWeight()).toBe(10n * ETHER);
    await w.nextEpoch();
    expect(await registry.weightOf(address)).toBe(0n);
    expect(await registry.totalWeight()).toBe(7n * ETHER);
    expect(await weights()).toEqual([4n, undefined, 3n]);
    expect(await registry.validator(address)).toMatchObject({ stake: 3n * ETHER, activeUntil: 1, withdrawableAt });

    await w.warpTo(withdrawableAt - 10);
    expect(await registry.pending(f.alice.account)).toBe(0n);
    await w.nextBlockAt(withdrawableAt - 1);
    await expectError('NothingToWithdraw', w.send(registry.calls.withdraw()));
    await w.warpTo(withdrawableAt);
    expect(await registry.pending(f.alice.account)).toBe(3n * ETHER);
    const before = await f.balance(registry.address);
    expect(await w.send(registry.calls.withdraw())).toMatchObject([{ type: 'withdrawn', amount: 3n * ETHER }]);
    expect(before - (await f.balance(registry.address))).toBe(3n * ETHER);
    await expectError('NothingToWithdraw', w.send(registry.calls.withdraw()));
  });

  it('is for the owner to decide, once', async () => {
    const { registry, f } = w;
    const { address } = w.signer(1);
    await expectError('NotOwner', w.send(registry.calls.unstake(address), f.bob));
    await expectError('NotOwner', w.send(registry.calls.unstake(address), await w.client(w.signer(1))));
    await expectError('UnknownValidator', w.send(registry.calls.unstake(f.bob.account)));
    await w.send(registry.calls.unstake(address));
    await expectError('AlreadyLeaving', w.send(registry.calls.unstake(address)));
  });

  it('before the first epoch leaves nothing behind', async () => {
    const { registry, f } = w;
    await w.register(w.stranger(0));
    await w.send(registry.calls.unstake(w.stranger(0).address), f.bob);
    await w.register(w.stranger(1), { value: 2n * ETHER });
    await w.nextEpoch();
    expect(await weights()).toEqual([4n, 3n, 3n, 2n]);
    expect(await registry.totalWeight()).toBe(12n * ETHER);
    await w.nextEpoch(3);
    expect(await registry.pending(f.bob.account)).toBe(ETHER);
  });

  it('of several validators pays those that are free, in any order', async () => {
    const { registry, f } = w;
    await w.send(registry.calls.unstake(w.signer(2).address));
    await w.nextEpoch();
    await w.send(registry.calls.unstake(w.signer(0).address));
    await w.warpTo(w.startOf(1) + REGISTRY_SETTINGS.unstakeDelaySeconds);
    expect(await registry.pending(f.alice.account)).toBe(3n * ETHER);
    await w.send(registry.calls.withdraw());
    await w.nextEpoch();
    await w.send(registry.calls.withdraw());
    expect(await f.balance(registry.address)).toBe(3n * ETHER);
    await expectError('NothingToWithdraw', w.send(registry.calls.withdraw()));
  });

  it('pays nobody else, and nobody twice by calling back', async () => {
    const { registry, f } = w;
    await w.send(registry.calls.unstake(w.signer(0).address));
    await w.nextEpoch(5);
    await expectError('NothingToWithdraw', w.send(registry.calls.withdraw(), f.bob));
    const greedy = await f.deployTest('GreedyOwner');
    const { address: signer } = w.stranger(0);
    const forward = ({ to, data, value }: L1Call) => greedy.write('forward', [to, data], { value });
    const signature = await w.agreement(w.stranger(0), greedy.address);
    await forward(registry.calls.register({ signer, signature, value: ETHER }));
    await w.nextEpoch();
    await forward(registry.calls.unstake(signer));
    await w.nextEpoch(4);
    await forward(registry.calls.withdraw());
    expect([await greedy.read('attempts'), await greedy.read('hasSucceeded')]).toEqual([1n, false]);
    expect(await f.balance(greedy.address)).toBe(ETHER);
    expect(await registry.pending(f.alice.account)).toBe(4n * ETHER);
  });
});

describe('a count of attestations that is not finished', () => {
  it('is forgotten with its epoch: stake that moved to another signer counts once', async () => {
    const { registry, f } = w;
    const lane = await LaneWorld.open(f);
    const outcome = await lane.prove();
    // Validator 0 leaves and its owner comes back with the same stake and another key.
    await w.send(registry.calls.unstake(w.signer(0).address));
    await w.register(w.stranger(0), { by: f.alice, value: 4n * ETHER });
    await lane.attest(outcome, [0]);
    const counted = () => lane.alice.attestationWeight(1, outcome.posted.header.evmCommitment);
    expect(await counted()).toBe(4n * ETHER);
    await w.nextEpoch();
    expect(await registry.totalWeight()).toBe(10n * ETHER);
    expect(await counted()).toBe(0n);
    const { signature } = await w.statement(w.stranger(0), 1, outcome.posted.header.evmCommitment);
    await lane.bob.attest({ ...outcome, signatures: [signature] });
    expect(await counted()).toBe(4n * ETHER);
    expect(await lane.alice.attestedBatch()).toBe(0);
    await expectError('NotAttestor', lane.attest(outcome, [0]));
    await lane.attest(outcome, [1]);
    expect(await lane.alice.attestedBatch()).toBe(1);
  });

  it('takes the same signature again in the next epoch', async () => {
    const { f } = w;
    const lane = await LaneWorld.open(f);
    const outcome = await lane.prove();
    await lane.attest(outcome, [1]);
    await expectError('NothingCounted', lane.attest(outcome, [1]));
    await w.nextEpoch();
    await lane.attest(outcome, [1, 0]);
    expect(await lane.alice.attestedBatch()).toBe(1);
  });
});
