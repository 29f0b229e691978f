import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../chain/testing/fakeClock.ts';
import { decodeAttestation, encodeAttestation } from './attestation.ts';
import { AttestationInbox } from './attestationInbox.ts';
import type { Equivocation } from './attestationPool.ts';
import { AttestorSet } from './attestorSet.ts';
import { attested, DOMAIN, FakeSource, signerOf } from './testing/signers.ts';

const PROVEN = 1_000;
const ATTESTED = 998;
const STRANGER = 9;
/** A member, but it does not count in this epoch. */
const WAITING = 5;

let clock: FakeClock;
let source: FakeSource;
let set: AttestorSet;
let inbox: AttestationInbox;
let found: Equivocation[];
beforeEach(async () => {
  clock = new FakeClock();
  source = new FakeSource([
    ...[1, 2, 3, 4].map((n) => ({ signer: signerOf(n), weight: 10n })),
    { signer: signerOf(WAITING), weight: 0n },
  ]);
  set = new AttestorSet({}, { source, clock });
  await set.refresh();
  found = [];
  inbox = new AttestationInbox(DOMAIN, {}, { set, onEquivocation: (equivocation) => found.push(equivocation) });
  inbox.moveTo({ proven: PROVEN, attested: ATTESTED });
});

describe('what is accepted', () => {
  it('a validator’s signature for a proven batch, once', () => {
    const bytes = attested(1, { batch: PROVEN, commitment: 7n });
    expect(inbox.judge(bytes)).toEqual({ outcome: 'accept', reason: 'NEW' });
    expect(inbox.judge(bytes)).toEqual({ outcome: 'ignore', reason: 'KNOWN' });
    expect(inbox.pool.of(PROVEN, 7n).map(({ signer }) => signer)).toEqual([signerOf(1)]);
    expect(inbox.pool.of(PROVEN, 8n)).toEqual([]);
  });

  it('two that contradict each other: the others must hear of it, too', () => {
    inbox.judge(attested(1, { batch: PROVEN, commitment: 7n }));
    expect(inbox.judge(attested(1, { batch: PROVEN, commitment: 8n }))).toEqual({
      outcome: 'accept',
      reason: 'EQUIVOCATION',
    });
    expect(found).toMatchObject([
      { batch: PROVEN, signer: signerOf(1), first: { commitment: 7n }, second: { commitment: 8n } },
    ]);
    expect(inbox.judge(attested(1, { batch: PROVEN, commitment: 9n }))).toMatchObject({ outcome: 'ignore' });
    expect(found).toHaveLength(1);
    expect(inbox.pool.of(PROVEN)).toHaveLength(1);
  });
});

describe('what is ignored, as it may be anybody’s bad luck', () => {
  it('anything before L1 was read', () => {
    const fresh = new AttestationInbox(DOMAIN, {}, { set, onEquivocation: () => undefined });
    expect(fresh.judge(new Uint8Array())).toEqual({ outcome: 'ignore', reason: 'NOT_READY' });
  });

  it('a batch that nothing is known of, or that is long over', () => {
    for (const [batch, reason] of [
      [PROVEN + 17, 'UNKNOWN_BATCH'],
      [2 ** 40, 'UNKNOWN_BATCH'],
      [PROVEN - 64, 'OLD'],
      [1, 'OLD'],
    ] as const) {
      expect(inbox.judge(attested(1, { batch, commitment: 7n }))).toEqual({ outcome: 'ignore', reason });
      // what it costs to say so must not depend on who signed it
      expect(inbox.judge(attested(STRANGER, { batch, commitment: 7n }))).toEqual({ outcome: 'ignore', reason });
    }
    expect(inbox.pool.size).toBe(0);
  });

  it('a batch that is proven in a moment: it is kept, and told when its time has come', () => {
    const bytes = attested(1, { batch: PROVEN + 2, commitment: 7n });
    expect(inbox.judge(bytes)).toEqual({ outcome: 'ignore', reason: 'UNKNOWN_BATCH' });
    expect(inbox.moveTo({ proven: PROVEN + 1, attested: ATTESTED })).toEqual([]);
    const early = inbox.moveTo({ proven: PROVEN + 2, attested: ATTESTED });
    expect(early.map((attestation) => encodeAttestation(attestation))).toEqual([Buffer.from(bytes)]);
    expect(inbox.moveTo({ proven: PROVEN + 3, attested: ATTESTED })).toEqual([]);
    expect(inbox.pool.of(PROVEN + 2, 7n)).toHaveLength(1);
  });

  it('a batch that is attested already, though it may be evidence', () => {
    expect(inbox.judge(attested(1, { batch: ATTESTED, commitment: 7n }))).toEqual({ outcome: 'ignore', reason: 'OLD' });
    expect(inbox.judge(attested(1, { batch: ATTESTED, commitment: 8n })).reason).toBe('EQUIVOCATION');
  });

  it('a validator that does not count in this epoch', () => {
    expect(inbox.judge(attested(WAITING, { batch: PROVEN, commitment: 7n }))).toEqual({
      outcome: 'ignore',
      reason: 'NO_WEIGHT',
    });
  });

  it('a stranger, while L1 has not been heard for long: it may have joined', () => {
    clock.advance(60_000);
    expect(inbox.judge(attested(STRANGER, { batch: PROVEN, commitment: 7n }))).toEqual({
      outcome: 'ignore',
      reason: 'SET_UNKNOWN',
    });
  });
});

describe('what is rejected, as no honest node can have sent it', () => {
  it.each<[string, () => Uint8Array, string]>([
    ['garbage', () => Uint8Array.of(1, 2, 3), 'MALFORMED'],
    ['too much', () => new Uint8Array(4_000_000), 'MALFORMED'],
    ['a stranger’s', () => attested(STRANGER, { batch: PROVEN, commitment: 7n }), 'NOT_A_VALIDATOR'],
    [
      'a validator’s of another chain',
      () => attested(1, { batch: PROVEN, commitment: 7n }, { ...DOMAIN, l1ChainId: 1n }),
      'NOT_A_VALIDATOR',
    ],
    [
      'a validator’s for another contract',
      () => attested(1, { batch: PROVEN, commitment: 7n }, { ...DOMAIN, evmLane: `0x${'1b'.repeat(20)}` }),
      'NOT_A_VALIDATOR',
    ],
    ['a commitment that was changed', () => changed({ commitment: 8n }), 'NOT_A_VALIDATOR'],
    ['a batch that was changed', () => changed({ batch: PROVEN - 1 }), 'NOT_A_VALIDATOR'],
    ['zeros for a signature', () => changed({ signature: new Uint8Array(65) }), 'BAD_SIGNATURE'],
    ['a signature with the higher s', () => changed({ signature: mirrored() }), 'BAD_SIGNATURE'],
  ])('%s', (_, bytes, reason) => {
    expect(inbox.judge(bytes())).toEqual({ outcome: 'reject', reason });
    expect(inbox.pool.size).toBe(0);
  });

  function changed(parts: object): Uint8Array {
    return encodeAttestation({ ...decodeAttestation(attested(1, { batch: PROVEN, commitment: 7n })), ...parts });
  }

  /** (r, n − s) with the other v: the same key's as well. */
  function mirrored(): Uint8Array {
    const { signature } = decodeAttestation(attested(1, { batch: PROVEN, commitment: 7n }));
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = order - BigInt(`0x${Buffer.from(signature.subarray(32, 64)).toString('hex')}`);
    const mirrored = Uint8Array.from(signature);
    mirrored.set(Buffer.from(s.toString(16).padStart(64, '0'), 'hex'), 32);
    mirrored[64] = (signature[64] ?? 0) === 27 ? 28 : 27;
    return mirrored;
  }
});

describe('floods', () => {
  it('keeps nothing of 100,000 pieces of junk', () => {
    const valid = attested(STRANGER, { batch: PROVEN, commitment: 7n });
    const junk = decodeAttestation(valid);
    const before = process.memoryUsage().heapUsed;
    let rejected = 0;
    for (let i = 0; i < 100_000; i += 1) {
      // most of these recover to somebody: the dear case
      const bytes = encodeAttestation({ ...junk, batch: PROVEN - (i % 60), commitment: BigInt(i) });
      if (inbox.judge(bytes).outcome === 'reject') rejected += 1;
    }
    expect(rejected).toBe(100_000);
    expect(inbox.pool.size).toBe(0);
    expect(found).toEqual([]);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 2 ** 20);
  }, 180_000);

  it('keeps no more of a validator that signs everything than one of each batch', () => {
    for (let batch = PROVEN - 200; batch < PROVEN + 200; batch += 1) {
      for (let commitment = 1n; commitment <= 5n; commitment += 1n) inbox.judge(attested(1, { batch, commitment }));
    }
    expect(inbox.pool.size).toBe(64 + 16);
    expect(found).toHaveLength(64 + 16);
    inbox.moveTo({ proven: PROVEN + 1_000, attested: ATTESTED });
    expect(inbox.pool.size).toBe(0);
  });
});
