import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../chain/clock.ts';
import { silentLogger } from '../../chain/logger.ts';
import { signedAnnouncementJson } from '../../protocol/announcements/announcement.ts';
import { encodeAnnouncement } from '../../protocol/announcements/signedAnnouncement.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { Attacker } from '../p2p/testing/attacker.ts';
import { meshed, startNetwork, type TestNetwork, until } from '../p2p/testing/testNetwork.ts';
import { askForAnnouncements } from './joining.ts';
import { World } from './testing/world.ts';

const AGENTS = 300;
const PLAIN = 0;
const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

interface Node extends TestNetwork {
  readonly world: World;
  readonly verdicts: string[];
}

/** A ledger with agents 1000, 1001, … of alice (3) and one of mallory (4), and a network that hears announcements about it. */
async function start(): Promise<Node> {
  const world = (await World.open()).owner(3).owner(4, actor(2)).agent(500, { owner: 4 });
  for (let i = 0; i < AGENTS; i += 1) {
    const owner = 10 + Math.floor(i / 30);
    world.owner(owner).agent(1_000 + i, { owner });
  }
  const verdicts: string[] = [];
  const network = await startNetwork({
    handlers: {
      onGossip: async (_, bytes) => {
        // Of `meshed`.
        if (Buffer.from(bytes).toString('latin1').startsWith('mesh ')) return { outcome: 'accept', reason: 'OK' };
        const verdict = await world.announcements.onGossip(bytes);
        verdicts.push(`${verdict.outcome} ${verdict.reason}`);
        return verdict;
      },
      announcements: (after) => world.announcements.above(after),
    },
  });
  running.push(network.network);
  return { ...network, world, verdicts };
}

async function attack(victim: Node): Promise<Attacker> {
  const attacker = await Attacker.start();
  running.push(attacker);
  await attacker.connect(victim);
  return attacker;
}

const ofAgent = (world: World, i: number) =>
  world.sign({ agent: accountIndex(1_000 + i), owner: accountIndex(10 + Math.floor(i / 30)) });

async function join(node: Node, from: readonly TestNetwork[]): Promise<void> {
  const stop = new AbortController();
  const { network, world } = node;
  const { announcements } = world;
  let answered = 0;
  const counted = {
    peers: () => network.peers(),
    report: (...args: Parameters<typeof network.report>) => network.report(...args),
    announcements: async function* (peer: string, after: number) {
      let given = 0;
      for await (const bytes of network.announcements(peer, after)) {
        given += 1;
        yield bytes;
      }
      // The last answer of an honest peer is empty.
      if (given === 0) answered += 1;
      if (answered === from.length) stop.abort();
    },
  };
  await askForAnnouncements(
    { network: counted, announcements, isSynced: () => true, clock: systemClock, log: silentLogger },
    stop.signal,
  );
}

describe('announcements between nodes', () => {
  it('go from the node of who announces through others to all', async () => {
    const line = [await start(), await start(), await start()] as const;
    await line[1].network.dial(line[0].address);
    await line[2].network.dial(line[1].address);
    await meshed(line, 'announcement');
    const signed = ofAgent(line[0].world, 0);
    await line[0].world.announcements.announce(signedAnnouncementJson.encode(signed));
    for (const bytes of line[0].world.published) await line[0].network.publish('announcement', bytes);
    await until(async () => (await line[2].world.listed()).includes(1_000));
  });

  it('a node that joins asks for those it has not heard', async () => {
    const old = await start();
    for (let i = 0; i < AGENTS; i += 1) await old.world.hear(ofAgent(old.world, i));
    const young = await start();
    await young.network.dial(old.address);
    await until(() => young.network.peers().length === 1);
    await join(young, [old]);
    expect((await young.world.listed({ limit: 1_000 })).length).toBe(AGENTS);
    expect(old.network.peers()[0]?.score).toBe(0);
    expect(young.network.peers()[0]?.score).toBe(0);
  });

  it('who forges is thrown out at the second one', async () => {
    const victim = await start();
    const attacker = await attack(victim);
    for (let i = 0; i < 2; i += 1) {
      const forged = victim.world.sign({ agent: accountIndex(1_000), owner: accountIndex(10), sequence: i }, actor(2));
      await attacker.publish('announcement', Uint8Array.from([PLAIN, ...encodeAnnouncement(forged)]));
    }
    await until(() => !attacker.isConnected);
    expect(await victim.world.listed()).toEqual([]);
  });

  it('who spams with its own agent fills nothing: one entry, ten times passed on', async () => {
    const victim = await start();
    const attacker = await attack(victim);
    for (let sequence = 1; sequence <= 60; sequence += 1) {
      const own = victim.world.sign({ agent: accountIndex(500), owner: accountIndex(4), sequence }, actor(2));
      await attacker.publish('announcement', Uint8Array.from([PLAIN, ...encodeAnnouncement(own)]));
      await until(() => victim.verdicts.length === sequence);
    }
    const accepted = victim.verdicts.filter((verdict) => verdict === 'accept NEW');
    expect(accepted.length).toBe(10);
    expect(victim.verdicts.slice(10)).toEqual(Array.from({ length: 50 }, () => 'ignore TOO_SOON'));
    expect(victim.world.store.size).toBe(1);
    expect(victim.world.store.get(accountIndex(500))?.sequence).toBe(10);
    expect(attacker.isConnected).toBe(true);
  });
});
