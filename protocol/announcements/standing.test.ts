import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { keyAccount, packAttestation, packChannel } from '../account.ts';
import { artefactCommitment } from '../attestation.ts';
import { prefixedHex } from '../bytes.ts';
import { accountIndex, NO_ACCOUNT } from '../ids.ts';
import { actor, TEST_TIME } from '../testing/actors.ts';
import { type Field, Kind, Subtype } from '../types.ts';
import { type AccountFacts, isAttestedModel, replaces, standingOf, timeFault } from './standing.ts';
import { exampleAnnouncement, exampleCapability } from './testing/exampleAnnouncement.ts';

const DAY = 86_400;
const none = 0n as Field; // canonical
const [alice, owner] = [actor(1), accountIndex(3)];
const aliceAccount: AccountFacts = keyAccount({ key: alice.key, address: 5n, token: 0, balance: 0n });

function attested(parts: { subtype?: number; owner?: number; parent?: number; a?: Field } = {}): AccountFacts {
  const terms = { owner: accountIndex(parts.owner ?? 3), parent: accountIndex(parts.parent ?? 0), royaltyBps: 0 };
  const c = packAttestation({ ...terms, subtype: parts.subtype ?? Subtype.AGENT });
  return { kind: Kind.ATTEST, a: parts.a ?? none, b: none, c };
}

describe('what the ledger says of an announcement', () => {
  const announcement = exampleAnnouncement({ owner });

  it('names the key that must have signed, and the service that the agent is for', () => {
    const standing = standingOf(announcement, { agent: attested({ parent: 4 }), owner: aliceAccount });
    expect(standing).toEqual({ key: alice.key, service: 4 });
  });

  it('somebody else’s agent is not announced', () => {
    const agent = attested({ owner: 8 });
    expect(standingOf(announcement, { agent, owner: aliceAccount }).fault).toBe('NOT_OWNER');
  });

  it('an ATTEST account of another subtype is no agent', () => {
    for (const subtype of [Subtype.MODEL, Subtype.DATASET, Subtype.TRAINING_RUN, Subtype.SERVICE, 0, 200]) {
      const agent = attested({ subtype });
      expect(standingOf(announcement, { agent, owner: aliceAccount }).fault).toBe('NOT_AN_AGENT');
    }
  });

  it('neither is a KEY account, a channel, or nothing', () => {
    const c = packChannel({ provider: owner, payer: owner, model: NO_ACCOUNT, expiry: 0 });
    const channel: AccountFacts = { ...aliceAccount, kind: Kind.CHANNEL, c };
    for (const agent of [aliceAccount, channel]) {
      expect(standingOf(announcement, { agent, owner: aliceAccount }).fault).toBe('NOT_AN_AGENT');
    }
    expect(standingOf(announcement, { agent: undefined, owner: aliceAccount }).fault).toBe('UNKNOWN_AGENT');
  });

  it('an owner without a key has not signed', () => {
    for (const other of [undefined, attested()]) {
      expect(standingOf(announcement, { agent: attested(), owner: other }).fault).toBe('NOT_OWNER');
    }
  });
});

describe('when an announcement counts', () => {
  it('until its expiry, which is at most 7 days ahead', () => {
    const at = (expiry: number) => timeFault({ expiry }, TEST_TIME);
    expect(at(TEST_TIME + 1)).toBeUndefined();
    expect(at(TEST_TIME)).toBe('EXPIRED');
    expect(at(TEST_TIME + 7 * DAY)).toBeUndefined();
    expect(at(TEST_TIME + 7 * DAY + 1)).toBe('EXPIRY_TOO_FAR');
    expect(at(2 ** 40 - 1)).toBe('EXPIRY_TOO_FAR');
  });

  it('a higher sequence replaces, the same and a lower one do not', () => {
    expect(replaces({ sequence: 0 }, undefined)).toBe(true);
    expect(replaces({ sequence: 6 }, { sequence: 5 })).toBe(true);
    expect(replaces({ sequence: 5 }, { sequence: 5 })).toBe(false);
    expect(replaces({ sequence: 4 }, { sequence: 5 })).toBe(false);
  });
});

describe('the model of a capability', () => {
  const file = sha256(new TextEncoder().encode('weights'));
  const a = artefactCommitment(file);
  const named = { ...exampleCapability, sha256: prefixedHex(file) };

  it('is the attestation of that very file', () => {
    expect(isAttestedModel(named, attested({ subtype: Subtype.MODEL, a }))).toBe(true);
    expect(isAttestedModel(exampleCapability, attested({ subtype: Subtype.MODEL, a }))).toBe(false);
  });

  it('is no attestation of another kind, no other account, and not nothing', () => {
    expect(isAttestedModel(named, attested({ subtype: Subtype.DATASET, a }))).toBe(false);
    expect(isAttestedModel(named, { ...aliceAccount, a })).toBe(false);
    expect(isAttestedModel(named, undefined)).toBe(false);
  });
});
