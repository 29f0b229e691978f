import { beforeEach, describe, expect, it } from 'vitest';
import { BlockSignatures } from '../../chain/blockSignatures.ts';
import type { Db } from '../../chain/db.ts';
import { put } from '../../chain/db.ts';
import { keys } from '../../chain/keys.ts';
import { addBlock, type Chain, openLedger } from '../../chain/testing/fixture.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { decodeItem } from '../../chain/wire/codec.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { depositNew } from '../../sequencer/testing/life.ts';
import { ChainServer } from './chainServer.ts';
import { decodeStatus } from './peerStatus.ts';

const GENESIS_HASH = `0x${'ab'.repeat(32)}` as const;
const SIGNATURE = Uint8Array.from({ length: 65 }, (_, i) => i);

let db: Db;
let chain: Chain;
let server: ChainServer;

/** Batch 1 has blocks 1 and 2, batch 2 block 3; block 4 is in the open batch. */
beforeEach(async () => {
  db = memoryDb();
  chain = await openLedger(db);
  const add = (n: number) => addBlock(chain, { deposits: [depositNew(actor(n), 5n)] });
  await add(1);
  await add(2);
  await chain.ledger.close();
  await add(3);
  await chain.ledger.close();
  await add(4);
  const signatures = new BlockSignatures({ db });
  await signatures.putBlock(2n, SIGNATURE);
  server = new ChainServer({
    ...{ store: chain.store, signatures, genesisHash: GENESIS_HASH },
    ...{ settled: () => ({ committed: 2, proven: 1 }), snapshotBatch: () => 1 },
  });
});

/** What was answered, in short. */
async function read(answer: AsyncIterable<Uint8Array>): Promise<string[]> {
  const found: string[] = [];
  for await (const bytes of answer) {
    const item = decodeItem(bytes);
    const name = item.kind === 'block' ? `block ${item.block.number}` : `close ${item.close.number}`;
    found.push(item.signature.length === 0 ? name : `${name} signed`);
  }
  return found;
}

describe('what others are told of this chain', () => {
  it('where it is', () => {
    expect(decodeStatus(server.status())).toMatchObject({
      ...{ genesisHash: GENESIS_HASH, head: 4n, closedBatch: 2, committed: 2, proven: 1, snapshotBatch: 1 },
    });
  });

  it('blocks in order, each batch’s close behind its last block, with the signatures there are', async () => {
    const all = ['block 1', 'block 2 signed', 'close 1', 'block 3', 'close 2', 'block 4'];
    expect(await read(server.blocks(0n, 1_000_000))).toEqual(all);
    expect(await read(server.blocks(2n, 2))).toEqual(all.slice(1, 5));
    expect(await read(server.blocks(5n, 10))).toEqual([]);
    expect(await read(server.blocks(2n ** 60n, 10))).toEqual([]);
  });

  it('a closed batch, and nothing of one that is open or was never heard of', async () => {
    expect(await read(server.batch(1))).toEqual(['block 1', 'block 2 signed', 'close 1']);
    expect(await read(server.batch(3))).toEqual([]);
    expect(await read(server.batch(Number.MAX_SAFE_INTEGER))).toEqual([]);
  });

  it('nothing of what is known from L1 alone: it comes from there', async () => {
    await db.write([put(keys.posted(2), '')]);
    expect(await read(server.blocks(2n, 10))).toEqual(['block 2 signed', 'close 1']);
    expect(await read(server.batch(2))).toEqual([]);
  });
});
