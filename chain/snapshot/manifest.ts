import { bigintToBytes, bytesToBigint, wordHex } from '../../protocol/bytes.ts';
import { field } from '../../protocol/field.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { ChainError } from '../errors.ts';
import { hexBytes } from '../evm/crypto.ts';
import { RlpCursor, RlpWriter } from '../evm/rlp.ts';
import { MAX_MANIFEST_BYTES, type SnapshotManifest } from './types.ts';

const VERSION = 1;
const MAX_HEADER_BYTES = 4 * 1024;

/**
 * `RLP [version, domain(32), genesisHash(32), batch, header, outboxRoot(32), outboxCount, inboxCount, dataHash(32), accounts, nodes, codes,
 * bytes, [chunkHash(32), …]]`.
 */
export function encodeManifest(manifest: SnapshotManifest): Uint8Array {
  const writer = new RlpWriter();
  writer.list(() => {
    writer.integer(VERSION);
    writer.bytes(bigintToBytes(manifest.domain, 32));
    writer.bytes(hexBytes(manifest.genesisHash));
    writer.integer(manifest.batch);
    writer.bytes(manifest.header);
    writer.bytes(hexBytes(manifest.outboxRoot));
    writer.integer(Number(manifest.outboxCount));
    writer.integer(Number(manifest.inboxCount));
    writer.bytes(hexBytes(manifest.dataHash));
    for (const count of [manifest.accounts, manifest.nodes, manifest.codes, manifest.bytes]) writer.integer(count);
    writer.list(() => {
      for (const hash of manifest.chunks) writer.bytes(hexBytes(hash));
    });
  });
  return writer.finish();
}

/** Exactly what `encodeManifest` writes. What it says is not checked. @throws ChainError BAD_WIRE */
export function decodeManifest(bytes: Uint8Array): SnapshotManifest {
  if (bytes.length > MAX_MANIFEST_BYTES) throw new ChainError('BAD_WIRE', { reason: 'manifest too long' });
  try {
    return decode(bytes);
  } catch (cause) {
    if (cause instanceof ChainError) throw cause;
    throw new ChainError('BAD_WIRE', { reason: 'manifest' }, { cause });
  }
}

function decode(bytes: Uint8Array): SnapshotManifest {
  // A plain array's view: a Buffer's slices would share its memory.
  const outer = new RlpCursor(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  const items = outer.list();
  outer.end();
  const integer = (): number => items.integer(Number.MAX_SAFE_INTEGER);
  const word = (): Hex => wordOf(items.bytes());
  const version = integer();
  if (version !== VERSION) throw new ChainError('BAD_WIRE', { reason: 'version of the snapshot', version });
  const manifest = {
    domain: field(BigInt(word())),
    genesisHash: word(),
    batch: integer(),
    header: items.bytes().slice(),
    outboxRoot: word(),
    outboxCount: BigInt(integer()),
    inboxCount: BigInt(integer()),
    dataHash: word(),
    accounts: integer(),
    nodes: integer(),
    codes: integer(),
    bytes: integer(),
    chunks: [] as Hex[],
  };
  if (manifest.header.length > MAX_HEADER_BYTES) throw new ChainError('BAD_WIRE', { reason: 'header too long' });
  const hashes = items.list();
  while (!hashes.isAtEnd) manifest.chunks.push(wordOf(hashes.bytes()));
  items.end();
  return manifest;
}

function wordOf(bytes: Uint8Array): Hex {
  if (bytes.length !== 32) throw new ChainError('BAD_WIRE', { reason: 'length of a word', length: bytes.length });
  return wordHex(bytesToBigint(bytes));
}
