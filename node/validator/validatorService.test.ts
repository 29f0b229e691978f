import { recoverTypedDataAddress } from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import { attestationTypedData } from '../../bridge/client/attestation.ts';
import { BridgeError } from '../../bridge/client/errors.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import type { Field } from '../../protocol/types.ts';
import { L1Error } from '../../sequencer/l1Port.ts';
import { decodeAttestation } from './attestation.ts';
import { FakeWorld, KEYS, messageAt } from './testing/fakeWorld.ts';
import { accountOf, attested, DOMAIN, signerOf } from './testing/signers.ts';

const STRANGER = accountOf(9);

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

describe('a validator without a network', () => {
  it('signs the newest proven batch with every key, once', async () => {
    const validator = await world.validator();
    expect(await validator.step()).toEqual({ kind: 'idle', batch: 0 });
    world.prove();
    world.prove();
    expect(await validator.step()).toMatchObject({ kind: 'attested', batch: 2 });
    expect(await validator.step()).toMatchObject({ kind: 'idle' });
    expect(world.sent.map(({ batch }) => batch)).toEqual([2]);
    const signers = await Promise.all(
      (world.sent[0]?.signatures ?? []).map((signature) =>
        recoverTypedDataAddress({ ...attestationTypedData(DOMAIN, 2, world.commitment(2)), signature }),
      ),
    );
    expect(signers).toEqual(KEYS.map(({ address }) => address));
    expect(validator.status).toMatchObject({ attestedBatch: 2, lastSigned: 2, evidence: 0 });
  });

  it('looks at L1 as of buried blocks', async () => {
    await (await world.validator(KEYS, { confirmations: 7 })).step();
    expect(world.askedAt).toBe(93n);
  });

  it('leaves out keys that are no attestor’s, and sends nothing if none is', async () => {
    world.prove();
    world.needed = 1;
    await (await world.validator([STRANGER, ...KEYS.slice(0, 1)])).step();
    expect(world.sent[0]?.signatures).toHaveLength(1);
    world.prove();
    expect(await (await world.validator([STRANGER])).step()).toMatchObject({ kind: 'notAttestor' });
    expect(world.sent).toHaveLength(1);
  });

  it('waits for the others once its own signatures are counted', async () => {
    world.prove();
    const validator = await world.validator(KEYS.slice(0, 1));
    expect(await validator.step()).toMatchObject({ kind: 'counted', batch: 1 });
    expect(await validator.step()).toMatchObject({ kind: 'waiting', batch: 1 });
    world.prove();
    expect(await validator.step()).toMatchObject({ kind: 'counted', batch: 2 });
    expect(world.sent).toHaveLength(2);
  });

  it('brings them again in the next epoch, which counts anew', async () => {
    world.prove();
    const validator = await world.validator(KEYS.slice(0, 1));
    await validator.step();
    world.source.reading = { ...world.source.reading, epoch: 1 };
    world.clock.advance(10_000);
    expect(await validator.step()).toMatchObject({ kind: 'counted', batch: 1 });
    expect(world.sent).toHaveLength(2);
  });

  it('takes no harm from a restart after it was counted, or from somebody who was faster', async () => {
    world.prove();
    const db = memoryDb();
    world.failure = new BridgeError('NothingCounted', {});
    const validator = await world.validator(KEYS.slice(0, 1), {}, { db });
    expect(await validator.step()).toMatchObject({ kind: 'counted' });
    expect(await validator.step()).toMatchObject({ kind: 'waiting' });
    world.failure = new BridgeError('AlreadyAttested', {});
    expect(await (await world.validator(KEYS, {}, { db })).step()).toMatchObject({ kind: 'attested' });
  });

  it('tries again after a failure', async () => {
    world.prove();
    const validator = await world.validator();
    world.failure = new BridgeError('L1_UNREACHABLE', {});
    await expect(validator.step()).rejects.toMatchObject({ code: 'L1_UNREACHABLE' });
    expect(await validator.step()).toMatchObject({ kind: 'attested' });
  });

  it('asks again who counts when L1 says that somebody does not', async () => {
    world.prove();
    const validator = await world.validator();
    world.failure = new BridgeError('NotAttestor', {});
    await expect(validator.step()).rejects.toMatchObject({ code: 'NotAttestor' });
    expect(world.source.reads).toBe(2);
  });

  it('attests every so many batches if told so', async () => {
    const validator = await world.validator(KEYS, { everyBatches: 3 });
    world.prove();
    world.prove();
    expect(await validator.step()).toMatchObject({ kind: 'idle' });
    world.prove();
    expect(await validator.step()).toMatchObject({ kind: 'attested', batch: 3 });
  });

  it('runs until it is told to stop, whatever L1 answers', async () => {
    world.prove();
    world.failure = new TypeError('fetch failed');
    const stop = new AbortController();
    const run = (await world.validator()).run(stop.signal);
    await expect.poll(() => world.failure).toBeUndefined();
    expect(world.sent).toEqual([]);
    await expect
      .poll(() => {
        world.clock.advance(4_000);
        return world.sent.length;
      })
      .toBe(1);
    stop.abort();
    await run;
  });

  it('goes on signing while what it sends is not mined', async () => {
    const told: Uint8Array[] = [];
    const stop = new AbortController();
    let sends = 0;
    const send = (_: unknown, signal?: AbortSignal) => {
      sends += 1;
      return new Promise<never>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new L1Error('UNAVAILABLE')));
      });
    };
    const publish = async (bytes: Uint8Array): Promise<void> => void told.push(bytes);
    const validator = await world.validator(KEYS, {}, { send, publish });
    world.prove();
    const run = validator.run(stop.signal);
    const later = <T>(look: () => T): T => {
      world.clock.advance(4_000);
      return look();
    };
    await expect.poll(() => later(() => sends)).toBe(1);
    world.prove();
    await expect.poll(() => later(() => validator.status.lastSigned)).toBe(2);
    expect(told).toHaveLength(6);
    stop.abort();
    await run;
    expect(sends).toBe(1);
  });
});

describe('what is never signed', () => {
  it('another outcome than ours, until L1 has ours', async () => {
    world.prove({ outboxRoot: `0x${'66'.repeat(32)}` });
    const validator = await world.validator();
    expect(await validator.step()).toEqual({ kind: 'mismatch', batch: 1, reason: 'OUTCOME' });
    expect(validator.status).toMatchObject({ attestedBatch: 0, mismatch: 1, lastSigned: 0 });
    expect(world.sent).toEqual([]);
    world.prove();
    expect(await validator.step()).toMatchObject({ kind: 'attested', batch: 2 });
    expect(validator.status.mismatch).toBeUndefined();
  });

  it('the same outcome with other data', async () => {
    world.prove();
    const own = world.own.get(1);
    if (own !== undefined) world.posted.set(1, evmBatchOf(own.output, Uint8Array.of(9)));
    expect(await (await world.validator()).step()).toMatchObject({ kind: 'mismatch', reason: 'DATA' });
    expect(world.sent).toEqual([]);
  });

  it('the same outcome of the EVM lane with another ledger: derivation would come to another', async () => {
    world.prove();
    world.postedC.set(1, 999n as Field);
    expect(await (await world.validator()).step()).toMatchObject({ kind: 'mismatch', reason: 'LEDGER' });
    expect(world.sent).toEqual([]);
  });

  it('what was executed, but does not count by the rules of derivation, nor anything that stands on it', async () => {
    world.prove();
    world.voided.add(1);
    const validator = await world.validator();
    expect(await validator.step()).toMatchObject({ kind: 'mismatch', batch: 1, reason: 'RULES' });
    world.prove();
    world.prove();
    expect(await validator.step()).toMatchObject({ kind: 'mismatch', batch: 3, reason: 'RULES' });
    world.voided.clear();
    validator.onRollback();
    expect(await validator.step()).toMatchObject({ kind: 'attested', batch: 3 });
  });

  it('a batch of which not all before it could be compared: it goes on the next time', async () => {
    for (let i = 0; i < 70; i += 1) world.prove();
    const validator = await world.validator();
    expect(await validator.step()).toEqual({ kind: 'unknown', batch: 70 });
    expect(await validator.step()).toMatchObject({ kind: 'attested', batch: 70 });
  });

  it('what is stored as posted, but came out differently by derivation', async () => {
    world.prove();
    const own = world.own.get(1);
    const posted = evmBatchOf(
      { ...(own?.output ?? expect.unreachable()), outboxCount: 5n },
      own?.data ?? new Uint8Array(),
    );
    world.posted.set(1, posted);
    world.own.set(1, { ...own, commitment: posted.commitment } as typeof posted);
    expect(await (await world.validator()).step()).toMatchObject({ kind: 'mismatch' });
  });

  it('a batch that this node does not have', async () => {
    world.prove();
    world.own.clear();
    expect(await (await world.validator()).step()).toEqual({ kind: 'unknown', batch: 1 });
    expect(world.sent).toEqual([]);
  });

  it('a batch that L1 has committed anew since the block it is looked at', async () => {
    world.prove();
    world.committedIn.set(1, 99n);
    expect(await (await world.validator()).step()).toEqual({ kind: 'unknown', batch: 1 });
  });

  it('a state taken from others, before two thirds have signed it', async () => {
    for (let i = 0; i < 3; i += 1) world.prove();
    world.base = { head: { closedBatch: 2, inboxCount: 2n } };
    world.own.delete(1);
    world.own.delete(2);
    world.ours.splice(0, 2, ...(new Array(2) as undefined[] as never[])); // holes: those blocks are not here
    const validator = await world.validator();
    expect(await validator.step()).toEqual({ kind: 'inherited', batch: 3 });
    world.attested = 2;
    expect(await validator.step()).toMatchObject({ kind: 'attested', batch: 3 });
  });

  it.each<[string, (world: FakeWorld) => void]>([
    ['that is gone from L1', ({ onL1 }) => onL1.splice(1)],
    ['whose amount is another on L1', ({ onL1 }) => onL1.splice(1, 1, { ...messageAt(1n), token: 2 } as never)],
    ['that L1 queued at another time', ({ onL1 }) => onL1.splice(1, 1, { ...messageAt(1n), l1Timestamp: 2 })],
  ])('a chain with a message %s', async (_, spoil) => {
    world.prove();
    const validator = await world.validator();
    expect(await validator.step()).toMatchObject({ kind: 'attested' });
    world.prove();
    world.prove();
    spoil(world);
    expect(await validator.step()).toMatchObject({ kind: 'mismatch', batch: 3 });
    expect(await (await world.validator()).step()).toMatchObject({ kind: 'mismatch', batch: 3 });
    expect(world.sent).toHaveLength(1);
  });

  it('a chain with a message that a reorg of L1 took away after it was compared', async () => {
    world.prove();
    const validator = await world.validator(KEYS.slice(0, 1));
    expect(await validator.step()).toMatchObject({ kind: 'counted', batch: 1 });
    world.branch = 2;
    world.onL1[0] = { ...messageAt(0n), l1Timestamp: 9 };
    world.prove();
    expect(await validator.step()).toMatchObject({ kind: 'mismatch', batch: 2 });
  });

  it('a second commitment for a batch, not even after a reorg of L1 and a restart', async () => {
    world.prove();
    world.needed = 9;
    const db = memoryDb();
    await (await world.validator(KEYS.slice(0, 1), {}, { db })).step();
    const other = evmBatchOf(
      { ...(world.own.get(1)?.output ?? expect.unreachable()), outboxCount: 7n },
      new Uint8Array(),
    );
    world.own.set(1, other);
    world.posted.set(1, other);
    const validator = await world.validator(KEYS.slice(0, 1), {}, { db });
    expect(await validator.step()).toEqual({ kind: 'refused', batch: 1 });
    expect(validator.status).toMatchObject({ refused: 1, lastSigned: 1 });
    expect(world.sent).toHaveLength(1);
    world.prove();
    expect(await validator.step()).toMatchObject({ kind: 'counted', batch: 2 });
  });

  it('what was signed and then given up is not brought to L1', async () => {
    world.prove();
    const options = { gatherMs: 0, sendDelayMs: 0 };
    const validator = await world.validator(KEYS.slice(0, 1), options, { publish: async () => undefined });
    await validator.step();
    const own = world.own.get(1) ?? expect.unreachable();
    world.posted.set(1, evmBatchOf({ ...own.output, outboxCount: 7n }, own.data));
    for (const n of [2, 3])
      await validator.onAttestation(attested(n, { batch: 1, commitment: own.commitment }), 'peer');
    expect(await validator.step()).toMatchObject({ kind: 'mismatch' });
    expect(world.sent).toEqual([]);
    expect(await validator.step()).toMatchObject({ kind: 'mismatch' });
    expect(validator.status.mismatch).toBe(1);
  });
});

describe('a validator with a network', () => {
  /** Node of key 1; the others’ signatures come by gossip. */
  async function networked(options = {}) {
    const told: Uint8Array[] = [];
    const publish = async (bytes: Uint8Array): Promise<void> => void told.push(bytes);
    const validator = await world.validator(KEYS.slice(0, 1), options, { publish });
    const hear = (n: number, batch: number) =>
      validator.onAttestation(attested(n, { batch, commitment: world.commitment(batch) }), 'peer');
    return { validator, told, hear };
  }

  it('tells others every batch it signs, and sends nothing before two thirds have', async () => {
    const { validator, told, hear } = await networked({ gatherMs: 0, sendDelayMs: 0 });
    world.prove();
    world.prove();
    expect(await validator.step()).toMatchObject({ kind: 'waiting', batch: 2 });
    expect(told.map((bytes) => decodeAttestation(bytes).batch)).toEqual([1, 2]);
    expect(await hear(2, 1)).toEqual({ outcome: 'accept', reason: 'NEW' });
    expect(await validator.step()).toMatchObject({ kind: 'attested', batch: 1 });
    expect(world.sent).toMatchObject([{ batch: 1, signatures: { length: 2 } }]);
    await hear(3, 2);
    await hear(2, 2);
    expect(await validator.step()).toMatchObject({ kind: 'attested', batch: 2 });
    expect(world.sent[1]?.signatures).toHaveLength(3);
  });

  it('takes turns with the others, and stands in for one that does not send', async () => {
    world.prove();
    const second = await world.validator([accountOf(2)], {}, { publish: async () => undefined });
    const { validator, hear } = await networked();
    // turn 1 (of batch 1): the second of three is first, the first is last
    for (const one of [validator, second]) expect(await one.step()).toMatchObject({ kind: 'waiting' });
    await hear(3, 1);
    await second.onAttestation(attested(3, { batch: 1, commitment: world.commitment(1) }), 'peer');
    expect(await validator.step()).toMatchObject({ kind: 'waiting' });
    world.clock.advance(2_000 + 6_000);
    expect(await validator.step()).toMatchObject({ kind: 'waiting' });
    world.clock.advance(6_000);
    expect(await validator.step()).toMatchObject({ kind: 'attested', batch: 1 });
    expect(await second.step()).toMatchObject({ kind: 'idle' });
  });

  it('sends when it is its turn: after a moment for those who sign late, at once when all have signed', async () => {
    world.prove();
    const second = await world.validator([accountOf(2)], {}, { publish: async () => undefined });
    const hear = (n: number, batch: number) =>
      second.onAttestation(attested(n, { batch, commitment: world.commitment(batch) }), 'peer');
    await second.step();
    await hear(3, 1);
    expect(await second.step()).toMatchObject({ kind: 'waiting', batch: 1 });
    world.clock.advance(2_000);
    expect(await second.step()).toMatchObject({ kind: 'attested', batch: 1 });
    for (let i = 0; i < 3; i += 1) world.prove();
    world.attested = 3;
    await second.step();
    for (const n of [1, 3]) await hear(n, 4);
    expect(await second.step()).toMatchObject({ kind: 'attested', batch: 4 });
  });

  it('brings what there is to L1 if gossip does not reach the others, once an epoch', async () => {
    world.prove();
    const { validator } = await networked();
    await validator.step();
    world.clock.advance(120_000 + 12_000 - 1);
    expect(await validator.step()).toMatchObject({ kind: 'waiting' });
    world.clock.advance(1);
    expect(await validator.step()).toMatchObject({ kind: 'counted', batch: 1 });
    world.clock.advance(600_000);
    expect(await validator.step()).toMatchObject({ kind: 'waiting' });
    expect(world.sent).toHaveLength(1);
  });

  it('tells its newest signature again while it is not attested', async () => {
    world.prove();
    const { validator, told } = await networked();
    await validator.step();
    await validator.step();
    expect(told).toHaveLength(1);
    world.clock.advance(60_000);
    await validator.step();
    expect(told).toHaveLength(2);
    expect(told[1]).toEqual(told[0]);
  });

  it('counts no signature of another outcome, nor one twice', async () => {
    world.prove();
    const { validator, hear } = await networked({ gatherMs: 0, sendDelayMs: 0 });
    await validator.step();
    await validator.onAttestation(attested(2, { batch: 1, commitment: 5n }), 'peer');
    await hear(1, 1);
    expect(await validator.step()).toMatchObject({ kind: 'waiting' });
    expect(world.sent).toEqual([]);
  });

  it('counts nobody that was slashed meanwhile, against a total that does not fall', async () => {
    world.prove();
    const { validator, hear } = await networked({ gatherMs: 0, sendDelayMs: 0 });
    await validator.step();
    await hear(2, 1);
    const members = KEYS.map(({ address }, i) => ({ signer: address, weight: i === 1 ? 0n : 1n }));
    world.source.reading = { ...world.source.reading, members };
    world.clock.advance(10_000);
    expect(await validator.step()).toMatchObject({ kind: 'waiting' });
    await hear(3, 1);
    expect(await validator.step()).toMatchObject({ kind: 'attested' });
    expect(world.sent[0]?.signatures).toHaveLength(2);
  });

  it('goes on when the network fails', async () => {
    world.prove();
    const publish = async (): Promise<void> => {
      throw new Error('closed');
    };
    const validator = await world.validator(KEYS, { gatherMs: 0, sendDelayMs: 0 }, { publish });
    expect(await validator.step()).toMatchObject({ kind: 'attested' });
  });

  it('signs at most so many batches at once, the newest', async () => {
    for (let i = 0; i < 5; i += 1) world.prove();
    const { validator, told } = await networked({ batchesAtOnce: 2 });
    await validator.step();
    expect(told.map((bytes) => decodeAttestation(bytes).batch)).toEqual([4, 5]);
  });

  it('keeps evidence of who signed twice, and says if it was with a key of its own', async () => {
    world.prove();
    const { validator } = await networked();
    await validator.step();
    for (const commitment of [5n, 6n]) await validator.onAttestation(attested(2, { batch: 1, commitment }), 'peer');
    await expect.poll(() => validator.status.evidence).toBe(1);
    expect(validator.status.isKeyElsewhere).toBe(false);
    await validator.onAttestation(attested(1, { batch: 1, commitment: 6n }), 'peer');
    expect(validator.status.isKeyElsewhere).toBe(true);
  });

  it('judges what others sign without a key of its own', async () => {
    world.prove();
    const watcher = await world.validator([], {}, { publish: async () => undefined, send: undefined });
    expect(await watcher.step()).toEqual({ kind: 'idle', batch: 0 });
    expect(await watcher.onAttestation(attested(2, { batch: 1, commitment: 5n }), 'peer')).toMatchObject({
      outcome: 'accept',
    });
    expect(await watcher.onAttestation(attested(8, { batch: 1, commitment: 5n }), 'peer')).toMatchObject({
      outcome: 'reject',
    });
    expect(signerOf(2)).toBeDefined();
  });
});
