import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Announcement,
  type Capability,
  signedAnnouncementJson,
} from '../../protocol/announcements/announcement.ts';
import { signAnnouncement } from '../../protocol/announcements/signedAnnouncement.ts';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { prefixedHex } from '../../protocol/bytes.ts';
import { computeDomain } from '../../protocol/domain.ts';
import { accountIndex } from '../../protocol/ids.ts';
import type { Json } from '../../protocol/json.ts';
import { type Actor, actor } from '../../protocol/testing/actors.ts';
import { type Field, Subtype } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { attest } from '../../sdk/actions/attest.ts';
import { sha256Bytes } from '../../sdk/models/sha256.ts';
import { FAKE_TIME } from '../../sdk/testing/fakeNode.ts';
import { announce } from './announce.ts';
import { type FindProvidersOptions, findProviders } from './findProviders.ts';
import { nodeAccounts } from './ledgerFacts.ts';
import { registerAgent } from './registerAgent.ts';
import { ListingNode } from './testing/listingNode.ts';

const [alice, mallory] = [actor(1), actor(2)];
const weights = sha256Bytes(new TextEncoder().encode('weights'));
const DAY = 86_400;

let node: ListingNode;
let owner: number;
let rival: number;
let service: number;
let model: number;
let agent: number;

/** An account of a person, who can attest. */
function person(who: Actor): number {
  return node.ledger.deposit(who, 10n ** 18n);
}

async function attested(who: Actor, subtype: Subtype, file = weights): Promise<number> {
  const account = ledgerAccount({ seed: who.seed });
  return (await attest(node.clientOf(account), { account, sha256: file, subtype })).index;
}

async function registered(who: Actor, name: string, under?: number): Promise<number> {
  const account = ledgerAccount({ seed: who.seed });
  const more = under === undefined ? {} : { service: under };
  return (await registerAgent(node.clientOf(account), { account, name, ...more })).index;
}

beforeEach(async () => {
  node = new ListingNode();
  owner = person(alice);
  rival = person(mallory);
  service = await attested(alice, Subtype.SERVICE);
  model = await attested(alice, Subtype.MODEL);
  agent = await registered(alice, 'alice', service);
});

const capability = (changes: Partial<Capability> = {}): Capability => ({
  execution: 5n as Field, // a small word
  model: accountIndex(model),
  name: 'digits',
  price: 100n,
  sha256: prefixedHex(weights),
  token: 0,
  ...changes,
});

function draft(changes: Partial<Announcement> = {}) {
  return {
    agent: accountIndex(agent),
    owner: accountIndex(owner),
    name: 'alice',
    endpoint: 'http://127.0.0.1:9100',
    capabilities: [capability()],
    ...changes,
  };
}

const tell = (changes: Partial<Announcement> = {}, who = alice) =>
  announce(node.client(), { account: ledgerAccount({ seed: who.seed }), document: draft(changes) });

/** Signed by anyone, whether or not a node would take it. */
function forged(changes: Partial<Announcement> = {}, who = alice, domain = node.ledger.domain): Record<string, Json> {
  const rest = { peer: '', service: accountIndex(service), version: 1, sequence: 1, expiry: FAKE_TIME + 60 } as const;
  const signed = signAnnouncement({ ...rest, ...draft(changes) }, who.seed, domain);
  return signedAnnouncementJson.encode(signed) as Record<string, Json>; // an object by its codec
}

/** Agents found and why others were left out. */
async function look(options: FindProvidersOptions = {}): Promise<{ found: number[]; refused: string[] }> {
  const refused: string[] = [];
  const onRefused = (reason: string, of: number | undefined) => refused.push(`${of ?? '?'} ${reason}`);
  const found = await findProviders(node.client(), { ...options, onRefused });
  return { found: found.map((one) => one.agent), refused };
}

describe('registering an agent', () => {
  it('makes an ATTEST account of subtype 4 under its service, whose artefact is the identity document', async () => {
    const account = ledgerAccount({ seed: alice.seed });
    const made = await registerAgent(node.client(), { account, name: 'shop', service });
    expect(JSON.parse(made.identity)).toEqual({
      key: account.packedKey,
      kind: 'engram.agent',
      name: 'shop',
      version: 1,
    });
    const view = await node.client().getAttestation(made.index);
    expect(view).toMatchObject({ owner, parent: service, subtype: Subtype.AGENT, royaltyBps: 0, provenance: 0n });
    expect(view.artefact).toBe(artefactCommitment(sha256Bytes(new TextEncoder().encode(made.identity))));
  });

  it('needs a key, and a service that exists', async () => {
    await expect(registerAgent(node.client(), { name: 'x' })).rejects.toMatchObject({ code: 'NO_ACCOUNT' });
    const account = ledgerAccount({ seed: alice.seed });
    const nowhere = registerAgent(node.client(), { account, name: 'x', service: 4_000 });
    await expect(nowhere).rejects.toMatchObject({ code: 'UNKNOWN_PARENT' });
  });
});

describe('announcing', () => {
  it('fills in what is not said, and is found', async () => {
    const { announcement } = await tell();
    expect(announcement).toMatchObject({ expiry: FAKE_TIME + DAY, peer: '', sequence: FAKE_TIME, service, version: 1 });
    const [found, ...others] = await findProviders(node.client());
    expect(others).toEqual([]);
    expect(found).toEqual({
      ...{ agent, owner, announcement, capability: capability(), endpoint: 'http://127.0.0.1:9100' },
      key: alice.key,
    });
  });

  it('again has a higher sequence', async () => {
    const first = await tell();
    const second = await tell({ capabilities: [capability({ price: 90n })] });
    expect(second.announcement.sequence).toBe(first.announcement.sequence + 1);
    const [found] = await findProviders(node.client());
    expect(found?.capability.price).toBe(90n);
  });

  it('is not led to a sequence so high that it would be the last', async () => {
    for (const who of [alice, mallory]) {
      const other = who === alice ? accountIndex(agent + 1) : accountIndex(agent);
      // mallory's signature over alice's agent; alice's own over another agent
      node.lie = () => [forged({ agent: other, sequence: 2 ** 53 - 2 }, who)];
      expect((await tell()).announcement.sequence).toBe(FAKE_TIME);
    }
  });

  it('somebody else’s agent, or what is none, is refused before anything is signed', async () => {
    await expect(tell({}, mallory)).rejects.toMatchObject({ code: 'NOT_OWNER' });
    await expect(tell({ owner: accountIndex(rival) })).rejects.toMatchObject({ code: 'NOT_OWNER' });
    await expect(tell({ agent: accountIndex(model) })).rejects.toMatchObject({ code: 'NOT_AN_AGENT' });
    await expect(tell({ agent: accountIndex(4_000) })).rejects.toMatchObject({ code: 'NOT_AN_AGENT' });
    await expect(tell({ endpoint: 'javascript:alert(1)' })).rejects.toMatchObject({ code: 'MALFORMED_BYTES' });
    expect(node.listed).toEqual([]);
  });
});

describe('finding providers', () => {
  it('by service, model and file; the cheapest first', async () => {
    const other = await registered(mallory, 'mallory');
    const secondModel = await attested(mallory, Subtype.MODEL);
    await tell({
      capabilities: [capability({ price: 300n }), capability({ price: 50n, model: accountIndex(secondModel) })],
    });
    await tell(
      { agent: accountIndex(other), owner: accountIndex(rival), capabilities: [capability({ price: 200n })] },
      mallory,
    );
    expect((await look()).found).toEqual([agent, other, agent]);
    expect((await look({ model })).found).toEqual([other, agent]);
    expect((await look({ model: secondModel })).found).toEqual([agent]);
    expect((await look({ sha256: weights })).found).toEqual([agent, other, agent]);
    expect((await look({ sha256: new Uint8Array(32) })).found).toEqual([]);
    expect((await look({ service })).found).toEqual([agent, agent]);
    expect((await look({ service: service + 1 })).found).toEqual([]);
  });

  it('an agent that names a service the ledger does not have it under is not of it', async () => {
    const other = await registered(mallory, 'mallory');
    const mine = { agent: accountIndex(other), owner: accountIndex(rival), service: accountIndex(service) };
    await tell(mine, mallory);
    expect(await look({ service })).toEqual({ found: [], refused: [] });
    expect((await look()).found).toEqual([other]);
  });

  it('what has expired, by the node’s clock or the caller’s, is left out', async () => {
    await tell();
    expect((await look({ now: FAKE_TIME + DAY })).refused).toEqual([`${agent} EXPIRED`]);
    expect((await look({ now: FAKE_TIME - 7 * DAY })).refused).toEqual([`${agent} EXPIRY_TOO_FAR`]);
    node.ledger.advance(DAY);
    expect((await look()).refused).toEqual([`${agent} EXPIRED`]);
  });

  it('accounts can come from elsewhere than the node', async () => {
    await tell();
    const asked: number[] = [];
    const own = nodeAccounts(node.client());
    const accounts = (index: number) => {
      asked.push(index);
      return index === owner ? Promise.resolve(undefined) : own(index);
    };
    expect((await look({ accounts })).refused).toEqual([`${agent} NOT_OWNER`]);
    expect(asked.sort()).toEqual([owner, agent].sort());
  });

  it('more than one page', async () => {
    await tell();
    const page = forged();
    let pages = 0;
    node.lie = ({ after = 0, limit = 0 }) => {
      pages += 1;
      // a full page of agents that do not exist, then the rest
      const agents = Array.from({ length: limit }, (_, i) => 10_000 + i);
      return after === 0 ? [page, ...agents.slice(1).map((of) => forged({ agent: accountIndex(of) }))] : [];
    };
    const { found, refused } = await look();
    expect(found).toEqual([agent]);
    expect(refused.length).toBe(255);
    expect(pages).toBe(2);
    expect(node.filters.at(-1)?.after).toBe(10_255);
  });
});

describe('a node that forges', () => {
  it('any member: the signature shows it', async () => {
    const good = forged();
    const document = good.document as Record<string, Json>;
    const offered = (document.capabilities as readonly Record<string, Json>[])[0] ?? {};
    const changes: Record<string, Json>[] = [
      { endpoint: 'http://127.0.0.1:9999' },
      { expiry: FAKE_TIME + DAY },
      { sequence: 2 },
      { name: 'mallory' },
      { peer: '/ip4/192.0.2.1/tcp/1' },
      { service: 0 },
      { capabilities: [] },
      { capabilities: [{ ...offered, price: '1' }] },
      { capabilities: [{ ...offered, execution: '6' }] },
      { capabilities: [{ ...offered, name: 'better' }] },
    ];
    for (const change of changes) {
      node.lie = () => [{ ...good, document: { ...document, ...change } }];
      expect(await look()).toEqual({ found: [], refused: [`${agent} BAD_SIGNATURE`] });
    }
    node.lie = () => [good];
    expect((await look()).found).toEqual([agent]);
  });

  it('owner, agent, chain, key, form, or the model behind the name', async () => {
    const wrongChain = computeDomain({ l1ChainId: 1n, rollup: 5n, l2ChainId: 7001n });
    const cases: readonly (readonly [unknown, string])[] = [
      [forged({ owner: accountIndex(rival) }, mallory), `${agent} NOT_OWNER`],
      [forged({}, mallory), `${agent} BAD_SIGNATURE`],
      [forged({}, alice, wrongChain), `${agent} BAD_SIGNATURE`],
      [forged({ agent: accountIndex(model) }), `${model} NOT_AN_AGENT`],
      [forged({ agent: accountIndex(owner) }), `${owner} NOT_AN_AGENT`],
      [forged({ agent: accountIndex(4_000) }), '4000 UNKNOWN_AGENT'],
      [forged({ capabilities: [capability({ sha256: `0x${'00'.repeat(32)}` })] }), `${agent} OTHER_MODEL`],
      [forged({ capabilities: [capability({ model: accountIndex(service) })] }), `${agent} OTHER_MODEL`],
      [forged({ capabilities: [capability({ model: accountIndex(owner) })] }), `${agent} OTHER_MODEL`],
      [forged({ capabilities: [capability({ model: accountIndex(4_000) })] }), `${agent} OTHER_MODEL`],
      [{ ...forged(), more: 1 }, '? MALFORMED'],
      [null, '? MALFORMED'],
      ['text', '? MALFORMED'],
    ];
    for (const [json, refused] of cases) {
      node.lie = () => [json];
      expect(await look()).toEqual({ found: [], refused: [refused] });
    }
  });

  it('the list: twice the same agent, out of order, another than was asked for, no list', async () => {
    const good = forged();
    node.lie = () => [good, good];
    expect(await look()).toEqual({ found: [agent], refused: [`${agent} NOT_ASKED`] });
    const other = accountIndex(await registered(alice, 'second', service));
    node.lie = () => [forged({ agent: other }), good];
    expect(await look()).toEqual({ found: [other], refused: [`${agent} NOT_ASKED`] });
    for (const answer of [null, {}, 'x', 5]) {
      node.lie = () => answer;
      expect(await look()).toEqual({ found: [], refused: [] });
    }
  });

  it('a list without an end ends', async () => {
    const good = forged();
    node.lie = ({ limit = 0 }) => Array.from({ length: limit }, () => good);
    expect((await look()).found).toEqual([agent]);
    expect(node.filters.length).toBe(2);
    // longer than was asked for
    node.lie = () => Array.from({ length: 5_000 }, () => null);
    expect((await look()).refused.length).toBe(256);
  });

  it('spam ends at as many agents as the caller looks at', async () => {
    node.lie = ({ after = 0, limit = 0 }) =>
      Array.from({ length: limit }, (_, i) => forged({ agent: accountIndex(after + i + 5_000) }));
    expect((await look({ maxAgents: 300 })).refused.length).toBe(300);
    expect(node.filters.map(({ limit }) => limit)).toEqual([256, 44]);
  });

  it('of another deployment is refused as a whole', async () => {
    const { chain } = new ListingNode().ledger;
    const stranger = node.client();
    const client = { ...stranger, chain: { ...chain, id: 9 } } as typeof stranger;
    await expect(findProviders(client)).rejects.toMatchObject({ code: 'CHAIN_MISMATCH' });
  });
});
