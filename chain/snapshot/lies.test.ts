import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type GenesisState, genesisState, loadSpec } from '../../genesis/spec.ts';
import { bigintToBytes } from '../../protocol/bytes.ts';
import { keccakWords } from '../../protocol/crypto/keccak.ts';
import { evmOutputHash } from '../../protocol/lane/evmCommitment.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import type { Field } from '../../protocol/types.ts';
import { firstBlocks, secondBlocks } from '../derive/testing/story.ts';
import { testGenesis } from '../derive/testing/testSequencer.ts';
import { ChainError } from '../errors.ts';
import { keccakHex } from '../evm/crypto.ts';
import { memoryDb } from '../testing/memoryDb.ts';
import { ACCOUNT_BYTES, encodeStateItem, stateItems } from './items.ts';
import { makeSnapshot } from './makeSnapshot.ts';
import { SnapshotImport } from './snapshotImport.ts';
import { SnapshotSource } from './snapshotSource.ts';
import { addBatch, marketBlocks, openSnapshotChain } from './testing/snapshotChain.ts';
import { keysIn, type Snapshot, snapshotOf, take, withChunks } from './testing/taking.ts';
import { ChunkKind, type PostedFacts, type SnapshotManifest } from './types.ts';

let genesis: GenesisState;
let facts: PostedFacts;
let snapshot: Snapshot;
/** Of the batch before. */
let older: Snapshot;

beforeAll(async () => {
  genesis = await testGenesis();
  const dir = await mkdtemp(join(tmpdir(), 'engram-lies-'));
  const chain = await openSnapshotChain(memoryDb(), genesis);
  await addBatch(chain, await firstBlocks());
  const made: Snapshot[] = [];
  for (const blocks of [secondBlocks, marketBlocks]) {
    facts = await addBatch(chain, await blocks());
    await makeSnapshot({ batch: facts.number, dir, chunkBytes: 5_000 }, { ...chain, posted: facts });
    const source = await SnapshotSource.open(dir);
    if (source !== undefined) made.push(await snapshotOf(source));
  }
  await rm(dir, { recursive: true });
  [older, snapshot] = made as [Snapshot, Snapshot]; // two batches
}, 120_000);

/** What is refused, and that nothing of it is left. */
async function refused(lie: Snapshot, l1: PostedFacts = facts): Promise<ChainError['data']> {
  const db = memoryDb();
  const error = await take(lie, { facts: l1, genesis }, db).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(await keysIn(db)).toEqual([]);
  expect(error).toBeInstanceOf(ChainError);
  expect(error).toMatchObject({ code: 'SNAPSHOT_INVALID' });
  return (error as ChainError).data; // just seen
}

function says(parts: Partial<SnapshotManifest>): Snapshot {
  return { ...snapshot, manifest: { ...snapshot.manifest, ...parts } };
}

/** The first chunk of a kind replaced by others. */
function replaced(kind: ChunkKind, by: (chunk: Uint8Array) => readonly Uint8Array[]): Snapshot {
  const at = snapshot.chunks.findIndex(([first]) => first === kind);
  const chunks = snapshot.chunks.flatMap((chunk, i) => (i === at ? by(chunk) : [chunk]));
  return withChunks(snapshot, chunks);
}

function flipped(bytes: Uint8Array, at: number, mask = 1): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

describe('a chunk that is not the manifest’s', () => {
  it('changes nothing: the right one can come from somebody else', async () => {
    const db = memoryDb();
    const { manifest, chunks } = snapshot;
    const taking = await SnapshotImport.begin({ manifest, facts, domain: TEST_DOMAIN, genesis }, { db });
    for (const [i, chunk] of chunks.entries()) {
      const wrong = [flipped(chunk, chunk.length - 1), chunk.subarray(1), new Uint8Array(0), new Uint8Array(2 ** 20)];
      for (const bytes of wrong) {
        await expect(taking.addChunk(i, bytes)).rejects.toMatchObject({
          code: 'SNAPSHOT_INVALID',
          data: { chunk: i, reason: 'hash' },
        });
      }
      await expect(taking.addChunk(i + 1, chunk)).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
      await taking.addChunk(i, chunk);
      expect(taking.next).toBe(i + 1);
    }
    await taking.finish();
    await expect(taking.finish()).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
    expect((await openSnapshotChain(db, genesis)).store.head.closedBatch).toBe(3);
  });

  it('is taken once, even if it comes twice at a time', async () => {
    const { manifest, chunks } = snapshot;
    const taking = await SnapshotImport.begin({ manifest, facts, domain: TEST_DOMAIN, genesis }, { db: memoryDb() });
    const [first = new Uint8Array(0)] = chunks;
    const twice = await Promise.allSettled([taking.addChunk(0, first), taking.addChunk(0, first)]);
    expect(twice.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await taking.addChunk(1, chunks[1] ?? first);
  });
});

describe('a manifest', () => {
  it('of another chain, block 0 or batch is refused before anything is written', async () => {
    expect(await refused(says({ domain: 5n as Field }))).toMatchObject({ reason: 'domain' });
    const other = await genesisState({ ...(await loadSpec('devnet')), timestamp: 1_700_000_001 });
    const db = memoryDb();
    await expect(take(snapshot, { facts, genesis: other }, db)).rejects.toMatchObject({ data: { reason: 'block 0' } });
    expect(await keysIn(db)).toEqual([]);
    expect(await refused(says({ genesisHash: keccakHex(new Uint8Array(0)) }))).toMatchObject({ reason: 'block 0' });
    expect(await refused(older)).toMatchObject({ reason: 'batch' });
    expect(await refused({ ...older, manifest: { ...older.manifest, batch: 3 } })).toMatchObject({
      reason: 'number of the block',
    });
  });

  it('must say what L1 says of header, outcome and posted data', async () => {
    const { header } = snapshot.manifest;
    const zero = `0x${'00'.repeat(32)}` as const;
    for (const at of [0, 10, 40, 100, 120, header.length - 40, header.length - 1]) {
      expect((await refused(says({ header: flipped(header, at) }))).reason).toMatch(/^(header|commitment|number)/);
    }
    expect(await refused(says({ header: joined(header, Uint8Array.of(0)) }))).toMatchObject({ reason: 'header' });
    expect(await refused(says({ header: new Uint8Array(0) }))).toMatchObject({ reason: 'header' });
    for (const part of [{ outboxRoot: zero }, { outboxCount: 0n }, { inboxCount: 6n }]) {
      expect(await refused(says(part))).toMatchObject({ reason: 'commitment of the EVM lane' });
    }
    expect(await refused(says({ dataHash: zero }))).toMatchObject({ reason: 'hash of the posted data' });
    expect(await refused(snapshot, { ...facts, evmCommitment: facts.evmCommitment + 1n })).toMatchObject({
      reason: 'commitment of the EVM lane',
    });
    expect(await refused(snapshot, { ...facts, ledgerRoot: facts.c })).toMatchObject({
      reason: 'root of the accounts',
    });
  });

  it('whose sizes and counts are not true takes no more room than its chunks', async () => {
    const huge = Number.MAX_SAFE_INTEGER;
    const { bytes } = snapshot.manifest;
    expect(await refused(says({ bytes: huge }))).toMatchObject({ reason: 'size' });
    expect(await refused(says({ bytes: 2 ** 30 }))).toMatchObject({ reason: 'counts' });
    expect(await refused(says({ accounts: huge }))).toMatchObject({ reason: 'counts' });
    expect(await refused(says({ accounts: 2 ** 23 }))).toMatchObject({ reason: 'accounts are missing' });
    expect(await refused(says({ nodes: huge }))).toMatchObject({ reason: 'counts of the state' });
    expect(await refused(says({ codes: 0 }))).toMatchObject({ reason: 'counts of the state' });
    expect(await refused(says({ bytes: bytes + 1 }))).toMatchObject({ reason: 'fewer bytes than it says' });
    expect(await refused(says({ bytes: bytes - 1 }))).toMatchObject({ reason: 'more bytes than it says' });
    expect(await refused(says({ accounts: 1 }))).toMatchObject({ reason: 'more accounts than there are' });
    const options = { manifest: snapshot.manifest, facts, domain: TEST_DOMAIN, genesis, maxBytes: bytes - 1 };
    await expect(SnapshotImport.begin(options, { db: memoryDb() })).rejects.toMatchObject({ data: { reason: 'size' } });
  });
});

describe('chunks of a manifest that goes with them', () => {
  it('are found out wherever a bit is wrong', async () => {
    const random = new SeededRandom(20_260);
    for (const [i, chunk] of snapshot.chunks.entries()) {
      // the kind, the first and the last of the payload, and some in between
      const places = [0, 1, 2, 4, chunk.length - 1, ...Array.from({ length: 6 }, () => random.int(chunk.length))];
      for (const at of new Set(places)) {
        const mask = 1 << random.int(8);
        const chunks = snapshot.chunks.map((each, j) => (i === j ? flipped(each, at, mask) : each));
        await refused(withChunks(snapshot, chunks));
      }
    }
  });

  it('are found out when one is missing, comes twice, or stands in another place', async () => {
    const { chunks } = snapshot;
    expect(chunks.length).toBeGreaterThan(4);
    for (let i = 0; i < chunks.length; i += 1) {
      await refused(withChunks(snapshot, [...chunks.slice(0, i), ...chunks.slice(i + 1)]));
      await refused(withChunks(snapshot, [...chunks.slice(0, i + 1), ...chunks.slice(i)]));
      const [one, two] = [chunks[i], chunks[i + 1]];
      if (one === undefined || two === undefined) continue;
      await refused(withChunks(snapshot, [...chunks.slice(0, i), two, one, ...chunks.slice(i + 2)]));
    }
    await refused(withChunks(snapshot, []));
    await refused(withChunks(snapshot, [...chunks, Uint8Array.of(9)]));
    await refused(withChunks(snapshot, [new Uint8Array(0), ...chunks]));
    for (const kind of Object.values(ChunkKind)) await refused(withChunks(snapshot, [...chunks, Uint8Array.of(kind)]));
  });

  it('have every account as it is, and no other', async () => {
    const item = (chunk: Uint8Array, i: number) => chunk.subarray(1 + i * ACCOUNT_BYTES, 1 + (i + 1) * ACCOUNT_BYTES);
    const accounts = (change: (chunk: Uint8Array) => Uint8Array, count = 0): Snapshot => {
      const lie = replaced(ChunkKind.ACCOUNTS, (chunk) => [change(chunk)]);
      return withChunks(lie, lie.chunks, { accounts: snapshot.manifest.accounts + count });
    };
    const root = { reason: 'root of the accounts' };
    const richer = (chunk: Uint8Array) => flipped(chunk, 1 + 35, 0x80);
    expect(await refused(accounts(richer))).toMatchObject(root);
    expect(await refused(accounts((chunk) => joined(chunk.subarray(0, 1), chunk.subarray(133)), -1))).toMatchObject(
      root,
    );
    const extra = (chunk: Uint8Array) => joined(chunk, Uint8Array.of(0, 0, 1, 0), item(chunk, 0).subarray(4));
    expect(await refused(accounts(extra, 1))).toMatchObject(root);
    const twice = (chunk: Uint8Array) => joined(chunk.subarray(0, 133), chunk.subarray(1));
    expect(await refused(accounts(twice, 1))).toMatchObject({ reason: 'order of the accounts' });
    const index0 = (chunk: Uint8Array) => joined(chunk.subarray(0, 1), bigintToBytes(0n, 4), chunk.subarray(5));
    expect(await refused(accounts(index0))).toMatchObject({ reason: 'order of the accounts' });
    const outside = (chunk: Uint8Array) => joined(chunk.subarray(0, 1), bigintToBytes(2n ** 24n, 4), chunk.subarray(5));
    expect(await refused(accounts(outside))).toMatchObject({ reason: 'form' });
    const half = (chunk: Uint8Array) => chunk.subarray(0, chunk.length - 1);
    expect(await refused(accounts(half))).toMatchObject({ reason: 'length of a chunk' });
    const notCanonical = (chunk: Uint8Array) =>
      joined(chunk.subarray(0, 37), new Uint8Array(32).fill(0xff), chunk.subarray(69));
    expect(await refused(accounts(notCanonical))).toMatchObject({ reason: 'form' });
  });

  it('have every withdrawal as it is, and no other', async () => {
    const lie = (change: (chunk: Uint8Array) => Uint8Array) =>
      refused(replaced(ChunkKind.WITHDRAWALS, (chunk) => [change(chunk)]));
    expect(await lie((chunk) => flipped(chunk, 54))).toMatchObject({ reason: 'withdrawals' });
    expect(await lie((chunk) => joined(chunk, chunk.subarray(1)))).toMatchObject({
      reason: 'more withdrawals than there are',
    });
    expect(await refused(replaced(ChunkKind.WITHDRAWALS, () => []))).toMatchObject({
      reason: 'withdrawals are missing',
    });
  });

  it('have every node and code of the state, once, in order, and no other', async () => {
    const lie = (change: (items: Uint8Array[]) => readonly Uint8Array[]) =>
      refused(
        replaced(ChunkKind.STATE, (chunk) => [
          joined(Uint8Array.of(3), ...change([...stateItems(chunk.subarray(1))]).map(encodeStateItem)),
        ]),
      );
    const next = { reason: 'not what comes next in the state' };
    expect(await lie((items) => items.slice(1))).toMatchObject(next);
    expect(await lie(([first = new Uint8Array(0), ...rest]) => [first, first, ...rest])).toMatchObject(next);
    expect(await lie(([first, second, ...rest]) => [second, first, ...rest] as Uint8Array[])).toMatchObject(next);
    expect(await lie((items) => [...items, new Uint8Array(40)])).toMatchObject(next);
    const { chunks } = snapshot;
    // a code, changed; left out
    const isCode = (chunk: Uint8Array) =>
      chunk[0] === 3 && [...stateItems(chunk.subarray(1))].some(({ length }) => length > 1024);
    const at = chunks.findIndex(isCode);
    const items = [...stateItems((chunks[at] ?? new Uint8Array(1)).subarray(1))];
    const changed = items.map((item) => (item.length > 1024 ? flipped(item, 7) : item));
    const without = items.filter((item) => item.length <= 1024);
    for (const wrong of [changed, without]) {
      const chunk = joined(Uint8Array.of(3), ...wrong.map(encodeStateItem));
      const all = [...chunks.slice(0, at), chunk, ...chunks.slice(at + 1)];
      expect(await refused(withChunks(snapshot, all))).toMatchObject({ chunk: wrong.length > 0 ? at : at + 1 });
    }
    const more = joined(Uint8Array.of(3), encodeStateItem(Uint8Array.of(0x80)));
    expect(await refused(withChunks(snapshot, [...chunks, more]))).toMatchObject({ reason: 'more than the state' });
    const last = joined(chunks.at(-1) ?? more, Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    expect(await refused(withChunks(snapshot, [...chunks.slice(0, -1), last]))).toMatchObject({
      reason: 'length of an item',
    });
    // the last node
    const rest = [...stateItems((chunks.at(-1) ?? more).subarray(1))].slice(0, -1).map(encodeStateItem);
    const cut = joined(Uint8Array.of(3), ...rest);
    expect(await refused(withChunks(snapshot, [...chunks.slice(0, -1), cut]))).toMatchObject({
      reason: 'state is missing',
    });
  });

  it('have the last block that the header commits to', async () => {
    const lie = (change: (chunk: Uint8Array) => Uint8Array) =>
      refused(replaced(ChunkKind.BLOCK, (chunk) => [change(chunk)]));
    expect((await lie((chunk) => flipped(chunk, chunk.length - 1))).reason).toBe('receipts of the last block');
    expect((await lie((chunk) => flipped(chunk, 20))).reason).toBe('posted data');
    expect((await lie((chunk) => joined(chunk, chunk))).reason).toBe('form');
    expect((await lie((chunk) => joined(chunk.subarray(0, 1), new Uint8Array(3).fill(0xc0)))).reason).toBe('form');
    expect((await lie((chunk) => joined(chunk.subarray(0, 1), Uint8Array.of(0xc0)))).reason).toBe('last block');
    const nested = new Uint8Array(300_000).fill(0xc1);
    expect((await lie((chunk) => joined(chunk.subarray(0, 1), nested))).reason).toBe('form');
  });
});

describe('a commitment on L1 that is a lie itself', () => {
  /** What its sequencer would have posted. */
  function posted({ manifest }: Snapshot): PostedFacts {
    const { header, outboxRoot, outboxCount, inboxCount, dataHash } = manifest;
    const output = { blockHash: keccakHex(header), outboxRoot, outboxCount, inboxCount };
    return { ...facts, evmCommitment: keccakWords([evmOutputHash(output), BigInt(dataHash)]) };
  }

  it('of an Outbox that is not the state’s', async () => {
    const none = replaced(ChunkKind.WITHDRAWALS, () => []);
    const lie = { ...none, manifest: { ...none.manifest, outboxCount: 0n } };
    expect(await refused(lie, posted(lie))).toMatchObject({ reason: 'Outbox' });
  });

  it('of a state that is not the ledger’s', async () => {
    // the state of the batch before, under accounts that have moved on
    const { chunks } = snapshot;
    const stale = older.chunks.filter(([kind]) => kind !== ChunkKind.ACCOUNTS);
    const accounts = chunks.filter(([kind]) => kind === ChunkKind.ACCOUNTS);
    const isState = ([kind]: Uint8Array) => kind === ChunkKind.STATE;
    const all = [...stale.filter((chunk) => !isState(chunk)), ...accounts, ...stale.filter(isState)];
    const lie = withChunks(older, all, { batch: 3, accounts: snapshot.manifest.accounts });
    const l1 = { ...posted(lie), lastBlock: 7n, dataHash: lie.manifest.dataHash };
    expect(await refused(lie, l1)).toMatchObject({ reason: 'mirror of an account' });
  });
});
