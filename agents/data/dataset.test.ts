import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesToHex, prefixedHex } from '../../protocol/bytes.ts';
import type { DataOffer } from '../../sdk/data/purchase.ts';
import { offerJson, purchaseJson } from '../../sdk/data/purchaseJson.ts';
import { sha256Bytes } from '../../sdk/models/sha256.ts';
import { checkDataset } from './checkDataset.ts';
import { CONTENT_BYTES, shapeOf } from './chunks.ts';
import { type Manifest, manifestHash, manifestText, parseManifest } from './manifest.ts';
import { chunkComplaint, openDataset } from './openDataset.ts';
import { newSecret, prepareDataset } from './prepareDataset.ts';
import { Dataset } from './testing/escrowWorld.ts';

const SELLER = `0x${'5e'.repeat(20)}` as const;
const secret = { key: new Uint8Array(32).fill(7), saltSeed: new Uint8Array(32).fill(8) };
const KEY = prefixedHex(secret.key);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engram-data-'));
});
afterEach(() => rm(folder, { recursive: true }));

const path = (name: string) => join(folder, name);
const files = () => ({ cipherFile: path('cipher'), leavesFile: path('leaves') });
const content = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) % 251);

async function prepared(length: number) {
  const plain = content(length);
  await writeFile(path('plain'), plain);
  const made = await prepareDataset({ file: path('plain'), ...files(), name: 'numbers', secret });
  const offer: DataOffer = { ...made.offer, dataset: 3, token: 0, price: 5n, seller: SELLER };
  return { plain, manifest: made.manifest, offer };
}

const opened = (offer: DataOffer, key = KEY) => openDataset({ files: files(), offer, key, out: path('out') });
const flip = async (file: string, at: number) => {
  const bytes = await readFile(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(file, bytes);
};

describe('a dataset', () => {
  it.each([1, 31, 991, 992, 993, 1_984, 5_000, 992 * 128, 992 * 128 + 1, 300_001])(
    'of %i bytes comes out as it went in',
    async (length) => {
      const { plain, manifest, offer } = await prepared(length);
      expect(manifest).toMatchObject({ bytes: length, name: 'numbers', sha256: sha256Bytes(plain) });
      expect(offer).toMatchObject(shapeOf(length));
      await checkDataset(files(), offer, manifest);
      expect(await opened(offer)).toEqual({ bytes: length, sha256: manifest.sha256 });
      expect(new Uint8Array(await readFile(path('out')))).toEqual(plain);
      expect((await stat(path('leaves'))).size).toBe(32 * offer.chunks);
    },
  );

  it('has another key and ciphertext but the same manifest when it is encrypted again', async () => {
    const { manifest, offer } = await prepared(3_000);
    const again = await prepareDataset({
      file: path('plain'),
      ...files(),
      name: 'numbers',
      secret: { ...secret, key: newSecret().key },
    });
    expect(manifestText(again.manifest)).toBe(manifestText(manifest));
    expect(again.offer.plainRoot).toBe(offer.plainRoot);
    expect(again.offer.cipherRoot).not.toBe(offer.cipherRoot);
    expect(again.offer.keyHash).not.toBe(offer.keyHash);
  });

  it('shows nothing of its content in public: equal chunks have different leaves, and a guess cannot be checked', async () => {
    await writeFile(path('plain'), new Uint8Array(3 * CONTENT_BYTES));
    await prepareDataset({ file: path('plain'), ...files(), name: 'zeros', secret });
    const leaves = await readFile(path('leaves'));
    expect(new Set([0, 1, 2].map((i) => bytesToHex(leaves.subarray(32 * i, 32 * i + 32)))).size).toBe(3);
    const salted = await readFile(path('leaves'));
    const other = { ...secret, saltSeed: newSecret().saltSeed };
    await prepareDataset({ file: path('plain'), ...files(), name: 'zeros', secret: other });
    expect((await readFile(path('leaves'))).equals(salted)).toBe(false);
  });

  it('is not made of an empty or missing file, and leaves nothing behind', async () => {
    await writeFile(path('plain'), '');
    const options = { file: path('plain'), ...files(), name: 'nothing', secret };
    await expect(prepareDataset(options)).rejects.toMatchObject({ code: 'BAD_LENGTH' });
    await expect(prepareDataset({ ...options, file: path('none') })).rejects.toMatchObject({ code: 'FILE' });
    await writeFile(path('plain'), content(5_000));
    const signal = AbortSignal.abort();
    await expect(prepareDataset({ ...options, signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect([existsSync(path('cipher')), existsSync(path('leaves'))]).toEqual([false, false]);
  });
});

describe('before paying', () => {
  it.each<[string, (world: { offer: DataOffer; manifest: Manifest }) => Partial<DataOffer>, string]>([
    ['another plain root', () => ({ plainRoot: `0x${'ab'.repeat(32)}` }), 'plainRoot'],
    ['another cipher root', () => ({ cipherRoot: `0x${'ab'.repeat(32)}` }), 'encrypted file'],
    ['fewer chunks', ({ offer }) => ({ chunks: offer.chunks - 1 }), 'chunks'],
    ['a longer last chunk', ({ offer }) => ({ lastLength: offer.lastLength + 1 }), 'lastLength'],
  ])('an offer with %s is refused', async (_name, change, what) => {
    const { offer, manifest } = await prepared(5_000);
    const lie = { ...offer, ...change({ offer, manifest }) };
    await expect(checkDataset(files(), lie, manifest)).rejects.toMatchObject({ code: 'FILES_DIFFER', data: { what } });
  });

  it('files that are not those of the offer are refused', async () => {
    const { offer, manifest } = await prepared(5_000);
    const refused = (what: string) =>
      expect(checkDataset(files(), offer, manifest)).rejects.toMatchObject({ code: 'FILES_DIFFER', data: { what } });
    await flip(path('cipher'), 4_000);
    await refused('encrypted file');
    await flip(path('cipher'), 4_000);
    await flip(path('leaves'), 33);
    await refused('leaves');
    await flip(path('leaves'), 33);
    await truncate(path('cipher'), 5_000);
    await refused('encrypted file');
    await rm(path('leaves'));
    await expect(checkDataset(files(), offer, manifest)).rejects.toMatchObject({ code: 'FILES_DIFFER' });
  });

  it('a plain root that nobody can open is refused: no wrong chunk could ever be proven', async () => {
    const { offer, manifest } = await prepared(5_000);
    const plainRoot = new Uint8Array(32).fill(9);
    const lie = { offer: { ...offer, plainRoot: prefixedHex(plainRoot) }, manifest: { ...manifest, plainRoot } };
    await expect(checkDataset(files(), lie.offer, lie.manifest)).rejects.toMatchObject({
      code: 'FILES_DIFFER',
      data: { what: 'leaves' },
    });
  });
});

describe('with a key', () => {
  it('that is not the offer’s nothing is written', async () => {
    const { offer } = await prepared(5_000);
    await expect(opened(offer, `0x${'08'.repeat(32)}`)).rejects.toMatchObject({ code: 'WRONG_KEY' });
    const complaint = { offer, key: `0x${'08'.repeat(32)}` as const, index: 0 };
    await expect(chunkComplaint(files(), complaint)).rejects.toMatchObject({ code: 'WRONG_KEY' });
    expect(existsSync(path('out.part'))).toBe(false);
  });

  it('the first wrong chunk is found, and the complaint is what the contract wants', async () => {
    const wrong = new Dataset({ chunks: 6, lastLength: 40, isWrongAt: 3 });
    await writeFile(path('cipher'), Buffer.concat(wrong.cipherChunks));
    await writeFile(path('leaves'), Buffer.concat(wrong.leaves));
    await expect(opened(wrong.offer, wrong.key)).rejects.toMatchObject({ code: 'BAD_CHUNK', data: { index: 3 } });
    expect([existsSync(path('out')), existsSync(path('out.part'))]).toEqual([false, false]);
    const { offer, key } = wrong;
    expect(await chunkComplaint(files(), { offer, key, index: 3 })).toEqual(wrong.complaint(3));
  });

  it('no complaint is made of a right chunk, one that is not there, or files that changed', async () => {
    const { offer } = await prepared(5_000);
    const complain = (index: number) => chunkComplaint(files(), { offer, key: KEY, index });
    await expect(complain(2)).rejects.toMatchObject({ code: 'CHUNK_IS_RIGHT' });
    await expect(complain(offer.chunks)).rejects.toMatchObject({ code: 'CHUNK_IS_RIGHT' });
    await flip(path('cipher'), 2_100);
    await expect(opened(offer)).rejects.toMatchObject({ code: 'BAD_CHUNK', data: { index: 2 } });
    await expect(complain(2)).rejects.toMatchObject({ code: 'FILES_DIFFER' });
  });
});

describe('documents', () => {
  it('of a manifest are one text, byte for byte', async () => {
    const { manifest } = await prepared(1_000);
    const text = manifestText(manifest);
    expect(parseManifest(text)).toEqual(manifest);
    expect(manifestHash(manifest)).toEqual(sha256Bytes(new TextEncoder().encode(text)));
    for (const other of [` ${text}`, text.replace('{', '{"a":1,'), text.replace('"version":1', '"version":2'), '{}']) {
      expect(() => parseManifest(other), other).toThrow(expect.objectContaining({ code: 'MALFORMED_BYTES' }));
    }
  });

  it('of offers and purchases come back as they were, and nothing else is taken', () => {
    const purchase = new Dataset().purchase();
    const wire = JSON.parse(JSON.stringify(purchaseJson.encode(purchase)));
    expect(purchaseJson.decode(wire)).toEqual(purchase);
    const { offer } = wire;
    for (const change of [
      { chunks: 0 },
      { chunks: 2 ** 32 },
      { lastLength: 1_025 },
      { lastLength: 0 },
      { price: '0' },
      { price: String(2n ** 96n) },
      { price: 5 },
      { seller: '0x12' },
      { keyHash: '0x' },
      { token: 65_536 },
      { more: 1 },
    ]) {
      expect(() => offerJson.decode({ ...offer, ...change }), JSON.stringify(change)).toThrow(
        expect.objectContaining({ code: 'MALFORMED_BYTES' }),
      );
    }
  });
});
