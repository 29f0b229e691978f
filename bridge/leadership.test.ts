/** L1 and `protocol/network/leadership.ts` agree about who leads, whatever happened before. */
import type { PrivateKeyAccount } from 'viem/accounts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { epochAt, epochOfSlot, leaderAt, type Seat } from '../protocol/network/leadership.ts';
import { SeededRandom } from '../protocol/testing/random.ts';
import { lower } from './testing/laneWorld.ts';
import { ETHER, RegistryWorld } from './testing/registryWorld.ts';

/** Epochs end in the middle of slots. */
const SETTINGS = { epochSeconds: 1_000, slotSeconds: 70, maxSeats: 6, unstakeDelaySeconds: 1_500 };
const STEPS = 45;

let w: RegistryWorld;
beforeAll(async () => {
  w = await RegistryWorld.start({ registry: SETTINGS, accounts: 40 });
});
beforeEach(() => w.f.reset());
afterAll(() => w?.f.l1.stop());

/** What the rules say, told by itself: who sits where from which epoch on, with what weight. */
class Model {
  readonly #seats: { from: number; signer: string | undefined }[][] = [];
  readonly #weights = new Map<string, { from: number; weight: bigint }[]>();
  readonly #slashed = new Set<string>();
  /** By epoch: a slashing does not lower the present one's. */
  readonly #totals: { from: number; total: bigint }[] = [];
  #free: number[] = [];

  register(signer: string, stake: bigint, from: number): void {
    const seat = this.#free.pop() ?? this.#seats.length;
    const sitters = this.#seats[seat] ?? [];
    this.#seats[seat] = sitters;
    sitters.push({ from, signer });
    this.setWeight(signer, stake, from);
  }

  setWeight(signer: string, weight: bigint, from: number): void {
    const before = this.#weights.get(signer) ?? [];
    const change = weight - (before.at(-1)?.weight ?? 0n);
    this.#weights.set(signer, [...before, { from, weight }]);
    this.#totals.push({ from, total: (this.#totals.at(-1)?.total ?? 0n) + change });
  }

  leave(signer: string, from: number): void {
    this.setWeight(signer, 0n, from);
    const seat = this.#seats.findIndex((sitters) => sitters.some((entry) => entry.signer === signer));
    this.#seats[seat]?.push({ from, signer: undefined });
    this.#free.push(seat);
  }

  slash(signer: string, from: number): void {
    this.#slashed.add(signer);
    if (this.weight(signer) > 0n) this.leave(signer, from);
  }

  weight(signer: string): bigint {
    return this.#weights.get(signer)?.at(-1)?.weight ?? 0n;
  }

  total(epoch: number): bigint {
    return this.#totals.findLast(({ from }) => from <= epoch)?.total ?? 0n;
  }

  seats(epoch: number): (Seat | undefined)[] {
    const used = this.#seats.filter((sitters) => (sitters[0]?.from ?? 0) <= epoch);
    return used.map((sitters) => {
      const signer = sitters.findLast(({ from }) => from <= epoch)?.signer;
      if (signer === undefined) return undefined;
      const weight = this.#weights.get(signer)?.findLast(({ from }) => from <= epoch)?.weight ?? 0n;
      return { signer: signer as Seat['signer'], weight: this.#slashed.has(signer) ? 0n : weight }; // an address
    });
  }
}

describe('leaders', () => {
  it.each([1, 2, 3])('are the same after any history: seed %i', async (seed) => {
    const random = new SeededRandom(seed);
    const { registry } = w;
    const model = new Model();
    const active: PrivateKeyAccount[] = [];
    for (const [i, stake] of [4n, 3n, 3n].entries()) {
      model.register(lower(w.signer(i).address), stake * ETHER, 0);
      active.push(w.signer(i));
    }
    let fresh = 0;
    for (let step = 0; step < STEPS; step += 1) {
      const chosen = active[random.int(Math.max(active.length, 1))];
      const kind = random.int(6);
      if (kind <= 1 && active.length < SETTINGS.maxSeats) {
        const account = w.stranger(fresh++ % 30);
        if ((await registry.validator(account.address)) !== undefined) continue;
        const stake = ETHER * BigInt(1 + random.int(5));
        await w.register(account, { by: w.f.alice, value: stake });
        model.register(lower(account.address), stake, (await w.epoch()) + 1);
        active.push(account);
      } else if (kind === 2 && chosen !== undefined) {
        await w.send(registry.calls.addStake(chosen.address, ETHER));
        const signer = lower(chosen.address);
        model.setWeight(signer, model.weight(signer) + ETHER, (await w.epoch()) + 1);
      } else if (kind === 3 && chosen !== undefined) {
        await w.send(registry.calls.unstake(chosen.address));
        model.leave(lower(chosen.address), (await w.epoch()) + 1);
        active.splice(active.indexOf(chosen), 1);
      } else if (kind === 4 && chosen !== undefined) {
        await w.send(registry.calls.slash(await w.equivocation(chosen)));
        model.slash(lower(chosen.address), (await w.epoch()) + 1);
        active.splice(active.indexOf(chosen), 1);
      } else {
        await w.f.warp(1 + random.int(1_300));
      }
      await compare(model, `seed ${seed}, step ${step}`);
    }
  });

  async function compare(model: Model, where: string): Promise<void> {
    const { registry, parameters } = w;
    const now = await w.f.now();
    const epoch = epochAt(parameters, now);
    expect(epoch, where).toBe(await w.epoch());
    expect(await registry.totalWeight(), where).toBe(model.total(epoch));
    for (const e of [epoch, epoch + 1])
      expect((await registry.schedule(e)).seats, `${where}, epoch ${e}`).toEqual(model.seats(e));
    // A commit is now; the epoch's first slot may have begun in the epoch before; the next epoch is decided already.
    const edges = [w.startOf(epoch), w.startOf(epoch + 1) - 1, w.startOf(epoch + 1)];
    for (const time of [now, ...edges, now + SETTINGS.slotSeconds, now + 2 * SETTINGS.slotSeconds]) {
      const schedule = await registry.schedule(epochOfSlot(parameters, time));
      expect(await registry.leaderAt(time), `${where}, at ${time - parameters.start}`).toBe(leaderAt(schedule, time));
    }
    const who = model.seats(epoch).find((seat) => seat !== undefined);
    if (who !== undefined) expect(await registry.weightOf(who.signer), where).toBe(who.weight);
  }

  it('of an epoch before still are who they were, when much has changed since', async () => {
    const { registry, parameters } = w;
    await w.warpTo(w.startOf(1));
    const before = w.startOf(1) - 1;
    const leaders = async () => Promise.all([0, 70, 140].map((ago) => registry.leaderAt(before - ago)));
    const then = await leaders();
    expect(new Set(then).size).toBe(3);
    await w.send(registry.calls.unstake(w.signer(0).address));
    await w.register(w.stranger(0));
    await w.nextEpoch(2);
    await w.send(registry.calls.addStake(w.signer(1).address, ETHER));
    await w.send(registry.calls.unstake(w.signer(1).address));
    expect(await leaders()).toEqual(then);
    const schedule = await registry.schedule(0);
    expect(leaderAt(schedule, before)).toBe(then[0]);
    // Of old epochs, weights tell only who counted.
    expect(schedule.seats.map((seat) => (seat?.weight ?? 0n) > 0n)).toEqual([true, true, true]);
    expect(epochAt(parameters, before)).toBe(0);
  });

  it('before the start are those of epoch 0', async () => {
    const { registry, parameters } = w;
    for (const time of [0, 69, 70, 140, parameters.start - 1]) {
      expect(await registry.leaderAt(time)).toBe(leaderAt(await registry.schedule(0), time));
    }
  });
});
