import { beforeEach, describe, expect, it } from 'vitest';
import { signedAnnouncementJson } from '../../protocol/announcements/announcement.ts';
import { encodeAnnouncement, signAnnouncement } from '../../protocol/announcements/signedAnnouncement.ts';
import { exampleAnnouncement, exampleCapability } from '../../protocol/announcements/testing/exampleAnnouncement.ts';
import { computeDomain } from '../../protocol/domain.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { Subtype } from '../../protocol/types.ts';
import { World } from './testing/world.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const [alice, mallory] = [actor(1), actor(2)];

let world: World;
beforeEach(async () => {
  world = (await World.open()).owner(3).owner(4, mallory).agent(9);
});

describe('an announcement by gossip', () => {
  it('is kept, passed on once, and told to who asks', async () => {
    const signed = world.sign();
    expect(await world.hear(signed)).toBe('accept NEW');
    expect(await world.hear(signed)).toBe('ignore KNOWN');
    expect(await world.announcements.list({ limit: 1 })).toEqual([signed]);
    expect(world.verified).toBe(1);
    // Gossip itself passes it on.
    expect(world.published).toEqual([]);
  });

  it('with an altered endpoint, price, expiry or anything else is rejected', async () => {
    const signed = world.sign();
    const { announcement } = signed;
    const changes = [
      { endpoint: 'http://127.0.0.1:9101' },
      { capabilities: [{ ...exampleCapability, price: 1n }] },
      { expiry: announcement.expiry + 1 },
      { sequence: 2 },
      { name: 'x' },
      { peer: '/ip4/192.0.2.1/tcp/1' },
      { service: accountIndex(1) },
      { capabilities: [] },
    ];
    for (const change of changes) {
      expect(await world.hear({ ...signed, announcement: { ...announcement, ...change } })).toBe(
        'reject BAD_SIGNATURE',
      );
    }
    expect(await world.listed()).toEqual([]);
  });

  it('signed for another chain is rejected', async () => {
    const elsewhere = computeDomain({ l1ChainId: 1n, rollup: 5n, l2ChainId: 7001n });
    const announcement = exampleAnnouncement({ expiry: world.now + HOUR });
    expect(await world.hear(signAnnouncement(announcement, alice.seed, elsewhere))).toBe('reject BAD_SIGNATURE');
  });

  it('that is none, or has another spelling, is rejected', async () => {
    const text = new TextDecoder().decode(encodeAnnouncement(world.sign()));
    for (const bad of ['', '{}', `${text} `, text.replace('"sequence":1', '"sequence":9007199254740993')]) {
      const verdict = await world.announcements.onGossip(new TextEncoder().encode(bad));
      expect(verdict).toEqual({ outcome: 'reject', reason: 'MALFORMED' });
    }
    expect(world.verified).toBe(0);
  });

  it('of an agent that L1 does not have yet blames nobody for its signature, and costs little', async () => {
    world.isSettled = false;
    const forged = (sequence: number) => ({ ...world.sign({ sequence }), signature: world.sign().signature });
    expect(await world.hear(forged(2))).toBe('ignore BAD_SIGNATURE');
    const verdicts = new Map<string, number>();
    for (let i = 0; i < 200; i += 1) {
      const verdict = await world.hear(forged(3 + i));
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    }
    expect(verdicts).toEqual(
      new Map([
        ['ignore BAD_SIGNATURE', 39],
        ['ignore UNSETTLED', 161],
      ]),
    );
    expect(world.verified).toBe(40);
    world.clock.advance(1_000);
    expect(await world.hear(world.sign())).toBe('accept NEW');
  });
});

describe('what the ledger says', () => {
  it('somebody else’s agent cannot be announced, whoever is named as its owner', async () => {
    expect(await world.hear(world.sign({ owner: accountIndex(4) }, mallory))).toBe('ignore NOT_OWNER');
    expect(await world.hear(world.sign({}, mallory))).toBe('reject BAD_SIGNATURE');
  });

  it('an ATTEST account of another subtype, a KEY account and nothing are no agents', async () => {
    for (const subtype of [Subtype.MODEL, Subtype.DATASET, Subtype.TRAINING_RUN, Subtype.SERVICE]) {
      world.agent(10, { subtype });
      expect(await world.hear(world.sign({ agent: accountIndex(10) }))).toBe('ignore NOT_AN_AGENT');
    }
    expect(await world.hear(world.sign({ agent: accountIndex(3) }))).toBe('ignore NOT_AN_AGENT');
    expect(await world.hear(world.sign({ agent: accountIndex(77) }))).toBe('ignore UNKNOWN_AGENT');
    expect(world.verified).toBe(0);
  });

  it('a reorg that makes the index another’s hides its announcement, and bars nobody', async () => {
    const first = world.sign({ sequence: 2 ** 53 - 1 });
    expect(await world.hear(first)).toBe('accept NEW');
    world.agent(9, { owner: 4 });
    expect(await world.listed()).toEqual([]);
    // and back again: it counts as before
    world.agent(9);
    expect(await world.listed()).toEqual([9]);
    world.agent(9, { owner: 4 });
    expect(await world.hear(world.sign({ owner: accountIndex(4), sequence: 1 }, mallory))).toBe('accept NEW');
    expect(await world.listed()).toEqual([9]);
    // the same with the owner's index
    world.owner(4, actor(5));
    expect(await world.listed()).toEqual([]);
    expect(await world.hear(world.sign({ owner: accountIndex(4), sequence: 1 }, actor(5)))).toBe('accept NEW');
  });

  it('a ledger that changes while the signature is checked is looked at again', async () => {
    world.onVerify = () => world.owner(3, mallory);
    expect(await world.hear(world.sign())).toBe('ignore NOT_OWNER');
    world.owner(3);
    world.onVerify = () => world.agent(9, { subtype: Subtype.MODEL });
    expect(await world.hear(world.sign())).toBe('ignore NOT_AN_AGENT');
    expect(await world.listed()).toEqual([]);
  });
});

describe('which of two counts', () => {
  it('the higher sequence, even over an earlier one with a later expiry', async () => {
    const long = world.sign({ sequence: 5, expiry: world.now + 6 * DAY });
    expect(await world.hear(long)).toBe('accept NEW');
    expect(await world.hear(world.sign({ sequence: 6, expiry: world.now + HOUR }))).toBe('accept NEW');
    expect(await world.hear(long)).toBe('ignore OLD_SEQUENCE');
    const [known] = await world.announcements.list({ limit: 1 });
    expect(known?.announcement.sequence).toBe(6);
  });

  it('one that was replaced does not come back when its successor expires', async () => {
    const long = world.sign({ sequence: 5, expiry: world.now + 7 * DAY });
    await world.hear(long);
    await world.hear(world.sign({ sequence: 6, expiry: world.now + 60 }));
    for (const seconds of [61, DAY, 5 * DAY]) {
      world.clock.advance(seconds * 1_000);
      expect(await world.listed()).toEqual([]);
      expect(await world.hear(long)).toBe('ignore OLD_SEQUENCE');
    }
    world.clock.advance(DAY * 1_000);
    expect(await world.hear(long)).toBe('ignore EXPIRED');
  });

  it('two of the same sequence: the one that came first', async () => {
    await world.hear(world.sign({ name: 'first' }));
    expect(await world.hear(world.sign({ name: 'second' }))).toBe('ignore OLD_SEQUENCE');
  });

  it('two at the same time: the higher sequence, whichever signature is checked first', async () => {
    const both = [world.sign({ sequence: 8 }), world.sign({ sequence: 7 })];
    await Promise.all(both.map((signed) => world.hear(signed)));
    const again = await World.open({ db: world.db });
    expect(again.store.get(accountIndex(9))?.sequence).toBe(8);
  });

  it('expired ones and those more than seven days ahead do not count', async () => {
    expect(await world.hear(world.sign({ expiry: world.now }))).toBe('ignore EXPIRED');
    expect(await world.hear(world.sign({ expiry: world.now + 7 * DAY + 1 }))).toBe('ignore EXPIRY_TOO_FAR');
    expect(await world.hear(world.sign({ expiry: 2 ** 40 - 1 }))).toBe('ignore EXPIRY_TOO_FAR');
    expect(world.verified).toBe(0);
    expect(await world.hear(world.sign({ expiry: world.now + 7 * DAY }))).toBe('accept NEW');
  });
});

describe('who announces without end', () => {
  it('is passed on ten times, then four times a minute', async () => {
    const verdicts: string[] = [];
    for (let sequence = 1; sequence <= 12; sequence += 1) verdicts.push(await world.hear(world.sign({ sequence })));
    expect(verdicts.filter((verdict) => verdict === 'accept NEW').length).toBe(10);
    expect(verdicts.at(-1)).toBe('ignore TOO_SOON');
    world.clock.advance(16_000);
    expect(await world.hear(world.sign({ sequence: 13 }))).toBe('accept NEW');
    expect(await world.hear(world.sign({ sequence: 14 }))).toBe('ignore TOO_SOON');
  });

  it('at this node: five times, then twice a minute; what it takes another node takes, too', async () => {
    const other = (await World.open()).owner(3).agent(9);
    const tell = (sequence: number) =>
      world.announcements.announce(signedAnnouncementJson.encode(world.sign({ sequence })));
    for (let sequence = 1; sequence <= 5; sequence += 1) await tell(sequence);
    await expect(tell(6)).rejects.toMatchObject({ code: 'TOO_SOON', data: { agent: 9 } });
    for (let sequence = 6; sequence <= 9; sequence += 1) {
      world.clock.advance(30_000);
      await tell(sequence);
    }
    // there they arrive in one moment
    for (const bytes of world.published) {
      other.clock.advance(1);
      expect((await other.announcements.onGossip(bytes)).reason).toBe('NEW');
    }
  });

  it('forged ones do not use up what the agent may send', async () => {
    for (let sequence = 2; sequence < 20; sequence += 1) {
      expect(await world.hear(world.sign({ sequence }, mallory))).toBe('reject BAD_SIGNATURE');
    }
    expect(await world.hear(world.sign())).toBe('accept NEW');
  });
});

describe('a user of this node', () => {
  it('announces to everybody; the same again is not sent twice', async () => {
    const signed = world.sign({ sequence: 4 });
    const json = signedAnnouncementJson.encode(signed);
    expect(await world.announcements.announce(json)).toEqual({ sequence: 4 });
    expect(await world.announcements.announce(json)).toEqual({ sequence: 4 });
    expect(world.published).toEqual([encodeAnnouncement(signed)]);
  });

  it('is told why not', async () => {
    await world.hear(world.sign({ sequence: 4 }));
    const announce = (signed: ReturnType<World['sign']>) =>
      world.announcements.announce(signedAnnouncementJson.encode(signed));
    await expect(announce(world.sign({ sequence: 3 }))).rejects.toMatchObject({
      code: 'OLD_SEQUENCE',
      data: { known: 4 },
    });
    await expect(announce(world.sign({ sequence: 5 }, mallory))).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
    await expect(announce(world.sign({ agent: accountIndex(70) }))).rejects.toMatchObject({ code: 'UNKNOWN_AGENT' });
    await expect(announce(world.sign({ expiry: world.now }))).rejects.toMatchObject({ code: 'EXPIRED' });
    await expect(world.announcements.announce({})).rejects.toMatchObject({ code: 'MALFORMED_BYTES' });
    await expect(world.announcements.announce(undefined)).rejects.toMatchObject({ code: 'MALFORMED_BYTES' });
    expect(world.published).toEqual([]);
  });

  it('asks by agent, model and service, page by page', async () => {
    world.agent(10, { service: 40 }).agent(11, { service: 40 }).agent(12);
    const of = (agent: number, service: number, model: number) =>
      world.sign({
        agent: accountIndex(agent),
        service: accountIndex(service),
        capabilities: [exampleCapability, { ...exampleCapability, model: accountIndex(model) }],
      });
    // 12 says that it works for the service, and the ledger does not
    for (const signed of [of(11, 40, 20), of(12, 40, 20), of(9, 0, 21), of(10, 40, 21)]) await world.hear(signed);
    expect(await world.listed()).toEqual([9, 10, 11, 12]);
    expect(await world.listed({ agent: accountIndex(11) })).toEqual([11]);
    expect(await world.listed({ agent: accountIndex(13) })).toEqual([]);
    expect(await world.listed({ model: accountIndex(20) })).toEqual([11, 12]);
    expect(await world.listed({ model: exampleCapability.model })).toEqual([9, 10, 11, 12]);
    expect(await world.listed({ service: accountIndex(40) })).toEqual([10, 11]);
    expect(await world.listed({ limit: 2 })).toEqual([9, 10]);
    expect(await world.listed({ limit: 2, after: accountIndex(10) })).toEqual([11, 12]);
    expect(await world.listed({ agent: accountIndex(11), after: accountIndex(11) })).toEqual([]);
    world.clock.advance(HOUR * 1_000);
    expect(await world.listed()).toEqual([]);
  });
});
