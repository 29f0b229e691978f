import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../chain/clock.ts';
import { silentLogger } from '../../chain/logger.ts';
import { encodeAnnouncement } from '../../protocol/announcements/signedAnnouncement.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor } from '../../protocol/testing/actors.ts';
import type { PeerInfo } from '../p2p/types.ts';
import { askForAnnouncements, type JoiningDeps } from './joining.ts';
import { World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = (await World.open()).owner(3);
  for (const agent of [11, 12, 13]) world.agent(agent);
});

const bytesOf = (agent: number, who = actor(1)): Uint8Array =>
  encodeAnnouncement(world.sign({ agent: accountIndex(agent) }, who));

type Peer = (after: number) => readonly Uint8Array[];

/** Asks these peers; who was reported for what, and who was asked for what. */
async function ask(
  peers: Readonly<Record<string, Peer>>,
  more: Partial<JoiningDeps> = {},
): Promise<{ reports: string[]; asked: string[] }> {
  const [reports, asked]: [string[], string[]] = [[], []];
  const stop = new AbortController();
  const names = Object.keys(peers);
  const network: JoiningDeps['network'] = {
    peers: () => names.map((id): PeerInfo => ({ id, addresses: [], score: 0, direction: 'inbound', since: 0 })),
    report: (peer, fault, reason) => void reports.push(`${peer} ${fault} ${reason}`),
    announcements: async function* (peer, after) {
      asked.push(`${peer} ${after}`);
      yield* peers[peer]?.(after) ?? [];
    },
  };
  const clock = { nowMs: systemClock.nowMs, sleep: async () => stop.abort() };
  const { announcements } = world;
  await askForAnnouncements(
    { network, announcements, isSynced: () => true, clock, log: silentLogger, ...more },
    stop.signal,
  );
  return { reports, asked };
}

describe('a node that joins', () => {
  it('asks three peers, each until it has no more', async () => {
    const paged: Peer = (after) =>
      [11, 12]
        .filter((agent) => agent > after)
        .slice(0, 1)
        .map((agent) => bytesOf(agent));
    const { reports, asked } = await ask({
      a: paged,
      b: () => [],
      c: (after) => (after === 0 ? [bytesOf(13)] : []),
      d: paged,
    });
    expect(asked).toEqual(['a 0', 'a 11', 'a 12', 'b 0', 'c 0', 'c 13']);
    expect(reports).toEqual([]);
    expect(await world.listed()).toEqual([11, 12, 13]);
  });

  it('goes on with another peer when one does not answer', async () => {
    const silent: Peer = () => {
      throw new Error('unreachable');
    };
    const { asked } = await ask({ a: silent, b: (after) => (after === 0 ? [bytesOf(11)] : []) });
    expect(asked).toEqual(['a 0', 'b 0', 'b 11']);
    expect(await world.listed()).toEqual([11]);
  });

  it('reports who sends forged ones, garbage, or the same again and again', async () => {
    const { reports } = await ask({
      forger: () => [bytesOf(11, actor(2)), bytesOf(12)],
      broken: () => [new Uint8Array(5)],
      endless: () => [bytesOf(13), bytesOf(13), bytesOf(12)],
    });
    expect(reports).toEqual([
      'forger invalid BAD_SIGNATURE',
      'broken invalid MALFORMED',
      'endless invalid ANNOUNCEMENTS_NOT_IN_ORDER',
    ]);
    expect(await world.listed()).toEqual([13]);
  });

  it('does not blame a peer for what only is not good here', async () => {
    const { reports } = await ask({ a: (after) => (after === 0 ? [bytesOf(11), bytesOf(70)] : []) });
    expect(reports).toEqual([]);
    expect(await world.listed()).toEqual([11]);
  });

  it('asks again a peer that knows agents it has not seen yet; not for ever', async () => {
    const ahead: Peer = (after) => (after === 0 ? [bytesOf(70)] : []);
    let pauses = 0;
    const sleep = async (): Promise<void> => {
      pauses += 1;
      world.agent(70);
    };
    const clock = { nowMs: systemClock.nowMs, sleep };
    await ask({ a: ahead, b: ahead, c: ahead }, { clock });
    expect(await world.listed()).toEqual([70]);
    expect(pauses).toBe(1);
    world.accounts.clear();
    const { asked } = await ask({ a: ahead }, { clock: { ...clock, sleep: async () => undefined } });
    // each question has two pages
    expect(asked.length).toBe(2 * 12);
  });

  it('waits until it is in step with L1', async () => {
    const { asked } = await ask({ a: () => [bytesOf(11)] }, { isSynced: () => false });
    expect(asked).toEqual([]);
  });
});
