import { beforeAll, describe, expect, it } from 'vitest';
import { testGenesis } from '../../chain/derive/testing/testSequencer.ts';
import { RandomHistory } from '../../chain/testing/history.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import { addressHex, hexToBytes, prefixedHex, wordHex } from '../../protocol/bytes.ts';
import { decodeTx } from '../../protocol/codec/tx.ts';
import { packPoint } from '../../protocol/crypto/babyjub.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import { txHash } from '../../protocol/tx.ts';
import { Opcode } from '../../protocol/types.ts';
import type { Page } from '../../sdk/explorerTypes.ts';
import type { ParsedPage } from '../rpc/explorerBackend.ts';
import { LISTS, placeOfCursor } from './places.ts';
import { BusyHistory } from './testing/busyHistory.ts';
import { World } from './testing/world.ts';

let busy: World;
let both: World;
beforeAll(async () => {
  const genesis: GenesisState = await testGenesis();
  const make = async (history: BusyHistory | RandomHistory): Promise<World> => {
    const world = await World.open({ genesis });
    for (let i = 0; i < 60; i += 1) await history.block(world.chain);
    await world.follower.catchUp();
    return world;
  };
  busy = await make(new BusyHistory(new SeededRandom(3)));
  both = await make(new RandomHistory(new SeededRandom(1)));
}, 120_000);

async function all<T>(list: (page: ParsedPage) => Promise<Page<T>>, limit: number): Promise<T[]> {
  const found: T[] = [];
  for (let before: string | undefined, more = true; more; ) {
    const page = await list({ before, limit });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    found.push(...page.items);
    before = page.next;
    more = before !== undefined;
  }
  return found;
}

describe('blocks', () => {
  it('come newest first, each once, as the store has them', async () => {
    const { queries, chain } = both;
    const blocks = await all((page) => queries.blocks(page), 7);
    expect(blocks.map(({ number }) => number)).toEqual(
      Array.from({ length: Number(chain.store.head.block) }, (_, i) => chain.store.head.block - BigInt(i)),
    );
    for (const { number, hash, batch, l1Ops, ledgerTxs, evmTxs, evmGasUsed, timestamp, status } of blocks) {
      const block = await chain.store.block(number);
      const users = block?.evm.receipts.slice(block.evm.systemTxs) ?? [];
      expect({ hash: BigInt(hash), batch, l1Ops, ledgerTxs, evmTxs, timestamp, status, evmGasUsed }).toEqual({
        hash: block?.hash,
        batch: block?.batch,
        l1Ops: block?.l1.ops.length,
        ledgerTxs: block?.txs.length,
        evmTxs: users.length,
        timestamp: block?.timestamp,
        status: 'included',
        evmGasUsed: users.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
      });
    }
    expect(blocks.some(({ evmTxs }) => evmTxs > 0)).toBe(true);
  });

  it('have the status of their batch', async () => {
    const { chain, queries } = busy;
    const commitTx = wordHex(1n);
    await chain.store.setStatuses([{ batch: 1, status: 'committed', commitTx }]);
    const { items } = await queries.blocks({ before: undefined, limit: 200 });
    for (const { batch, status } of items) expect(status).toBe(batch === 1 ? 'committed' : 'included');
    await chain.store.setStatuses([{ batch: 1, status: 'closed' }]);
  });
});

describe('batches', () => {
  it('say what was posted, to the byte', async () => {
    const { chain, queries } = both;
    const batches = await all((page) => queries.batches(page), 3);
    expect(batches.length).toBe(chain.store.head.closedBatch);
    expect(batches.length).toBeGreaterThan(3);
    for (const facts of batches) {
      const [closed, evm] = await Promise.all([chain.store.batch(facts.number), chain.store.evmBatch(facts.number)]);
      expect(facts.posted).toEqual({ ledgerBytes: closed?.commitment.body.length, evmBytes: evm?.data.length });
      expect(facts).toMatchObject({
        status: 'closed',
        shape: 'dev',
        room: { l1Ops: 8, ops: 32 },
        constraints: 259_907,
      });
      expect(facts.counts).toMatchObject({ l1Ops: closed?.batch.l1Ops.length, ledgerTxs: closed?.batch.txs.length });
      expect(facts.newRoot).toBe(closed?.batch.newRoot);
      expect(facts.commit ?? facts.prove ?? facts.proof).toBeUndefined();
      expect(await queries.batchFacts(facts.number)).toEqual(facts);
    }
    expect(batches.reduce((sum, { counts }) => sum + counts.evmTxs, 0)).toBeGreaterThan(0);
    expect(await queries.batchFacts(0)).toBeUndefined();
    expect(await queries.batchFacts(99)).toBeUndefined();
  });
});

describe('exits', () => {
  it('of a recipient: by its transaction, or by the queue item that forced it', async () => {
    const { chain, queries } = busy;
    const expected: bigint[] = [];
    const recipients = [0xbeefn, 0xbef0n, ...[1, 2, 3].map((n) => actor(n).address)];
    for (let number = 1n; number <= chain.store.head.block; number += 1n) {
      const block = await chain.store.block(number);
      for (const op of block?.l1.ops ?? []) if (op.opcode === 3 && !op.isVoid) expected.push(op.amount);
      for (const op of block?.txs.flatMap(({ ops }) => ops) ?? []) {
        if (op.opcode === Opcode.EXIT) expected.push(op.amount);
      }
    }
    const found = (
      await Promise.all(recipients.map((recipient) => all((page) => queries.exits(recipient, page), 4)))
    ).flat();
    expect(found.map(({ amount }) => amount).sort()).toEqual(expected.sort());
    for (const { transaction, queueIndex } of found) expect([transaction, queueIndex]).toContain(undefined);
    expect(found.some(({ transaction }) => transaction === undefined)).toBe(true);
    expect(found.some(({ queueIndex }) => queueIndex === undefined)).toBe(true);
  });

  it('name the transaction that credited them once they are proven', async () => {
    const { chain, queries } = busy;
    const [exit] = (await queries.exits(0xbeefn, { before: undefined, limit: 200 })).items.slice(-1);
    if (exit === undefined) throw new RangeError('the history has exits');
    const { batch } = exit;
    await chain.store.setStatuses([{ batch, status: 'proven', proveTx: wordHex(2n) }]);
    const again = (await queries.exits(0xbeefn, { before: undefined, limit: 200 })).items.at(-1);
    expect(again).toEqual({ ...exit, status: 'proven', proveTx: wordHex(2n) });
    await chain.store.setStatuses([{ batch, status: 'closed' }]);
    expect((await queries.exits(0xbeefn, { before: undefined, limit: 200 })).items.at(-1)).toEqual(exit);
  });
});

describe('the EVM lane’s history of an address', () => {
  it('has what it sent and what it got, with value and outcome', async () => {
    const { chain, queries } = both;
    let seen = 0;
    for (let number = 1n; number <= chain.store.head.block; number += 1n) {
      const block = await chain.store.block(number);
      for (const receipt of block?.evm.receipts.slice(block.evm.systemTxs) ?? []) {
        seen += 1;
        for (const address of [receipt.from, receipt.to ?? receipt.from]) {
          const list = await all((page) => queries.evmHistory(BigInt(address), page), 5);
          const own = list.filter(({ hash }) => hash === receipt.txHash);
          expect(own).toEqual([expect.objectContaining({ block: number, from: receipt.from, to: receipt.to })]);
          expect([5n, 10n]).toContain(own[0]?.value);
          expect(own[0]?.isSuccess).toBe(receipt.status === 1);
        }
      }
    }
    expect(seen).toBeGreaterThan(5);
  });
});

describe('cursors', () => {
  const FORGED = ['', 'h', 'b', 'hffff', `h${'0'.repeat(26)}`, `h${'0'.repeat(28)}`, `b${'0'.repeat(16)}`];

  it('of another list, or of nobody, are refused', async () => {
    for (const before of [...FORGED, `h${'g'.repeat(27)}`, `h\x7f${'0'.repeat(26)}`, `../${'0'.repeat(25)}`]) {
      await expect(busy.queries.history(accountIndex(1), { before, limit: 5 })).rejects.toMatchObject({
        reason: 'INVALID_PARAMS',
      });
    }
    expect(() => placeOfCursor(LISTS.blocks, `c${'0'.repeat(16)}`)).toThrow();
  });

  it('that name no place cost one page, and never leave the list', async () => {
    let rows = 0;
    const { index } = busy;
    const range = index.range.bind(index);
    index.range = async function* (of) {
      expect(of.gte).toBe('h/000001/');
      expect(of.lt.startsWith('h/000001/')).toBe(true);
      for await (const row of range(of)) {
        rows += 1;
        yield row;
      }
    };
    try {
      for (const before of [`h${'f'.repeat(27)}`, `h${'0'.repeat(27)}`]) {
        rows = 0;
        await busy.queries.history(accountIndex(1), { before, limit: 5 });
        expect(rows).toBeLessThanOrEqual(6);
      }
    } finally {
      index.range = range;
    }
  });
});

describe('a transaction of the ledger', () => {
  it('is shown op by op, and as it was sent', async () => {
    const { chain, queries } = busy;
    const seen = new Set<string>();
    for (let number = 1n; number <= chain.store.head.block; number += 1n) {
      const block = await chain.store.block(number);
      for (const [position, tx] of (block?.txs ?? []).entries()) {
        const hash = txHash(tx, chain.store.domain);
        const view = await queries.transaction(hash);
        expect(view).toMatchObject({ hash: wordHex(hash), block: number, position, status: 'included' });
        expect(view).toMatchObject({ signer: tx.signer, nonce: tx.nonce, timestamp: block?.timestamp });
        const raw = decodeTx(hexToBytes(view?.raw ?? '0x'));
        expect(txHash(raw, chain.store.domain)).toBe(hash);
        expect(raw.ops.some(({ opcode, to }) => [2, 4, 5].includes(opcode) && to !== 0)).toBe(false);
        expect(view?.created.length).toBe(tx.ops.filter(({ opcode }) => [2, 4, 5].includes(opcode)).length);
        for (const { opcode, details } of view?.ops ?? []) {
          seen.add(`${opcode} ${Object.keys(details).join(' ')}`);
          for (const value of Object.values(details)) expect(value).toMatch(/^(0x[0-9a-f]+|\d+)$/);
        }
      }
    }
    expect([...seen].sort()).toEqual([
      'ATTEST artefact provenance owner parent royaltyBps subtype',
      'CLAIM total receiptsRoot royalty',
      'CLOSE ',
      'EXIT recipient',
      'OPEN voucherKey provider payer model expiry',
      'REGISTER key address',
      'TRANSFER ',
    ]);
    expect(await queries.transaction(5n)).toBeUndefined();
  });
});

describe('statistics', () => {
  it('sum up what the blocks of an interval hold', async () => {
    const { chain, queries } = busy;
    busy.nowMs = chain.store.head.timestamp * 1_000;
    for (const interval of [3600, 86_400] as const) {
      const buckets = await queries.stats({ interval, count: 200 });
      const starts = buckets.map(({ start }) => start);
      expect(starts.every((start, i) => start % interval === 0 && start === (starts[0] ?? 0) + i * interval)).toBe(
        true,
      );
      for (const bucket of buckets) {
        const inside = [];
        for (let number = 1n; number <= chain.store.head.block; number += 1n) {
          const block = await chain.store.block(number);
          if (block && block.timestamp >= bucket.start && block.timestamp < bucket.start + interval) inside.push(block);
        }
        const ops = inside.flatMap(({ txs }) => txs).flatMap((tx) => tx.ops);
        const claims = ops.filter(({ opcode }) => opcode === Opcode.CLAIM);
        expect(bucket.blocks).toBe(inside.length);
        expect(bucket.l1Ops).toBe(inside.reduce((sum, { l1 }) => sum + l1.ops.length, 0));
        expect(Object.values(bucket.ops).reduce((sum, count) => sum + count, 0)).toBe(ops.length);
        expect(bucket.ops.CLAIM ?? 0).toBe(claims.length);
        const paid = claims.reduce((sum, { amount, fee, payload }) => sum + amount + fee + (payload[2] ?? 0n), 0n);
        expect(bucket.inference.reduce((sum, total) => sum + total.paid, 0n)).toBe(paid);
        expect(bucket.inference.reduce((sum, total) => sum + total.claims, 0)).toBe(claims.length);
        const fees = ops.reduce((sum, { fee }) => sum + fee, 0n);
        expect(bucket.fees.reduce((sum, { amount }) => sum + amount, 0n)).toBe(fees);
      }
      expect(buckets.reduce((sum, { blocks }) => sum + blocks, 0)).toBe(Number(chain.store.head.block));
      expect(buckets.reduce((sum, { batches }) => sum + batches, 0)).toBe(chain.store.head.closedBatch);
    }
  });

  it('of minutes are kept for two days, empty ones are there, and none from before the chain', async () => {
    const { chain, queries } = busy;
    const minutes = [];
    for await (const [key] of busy.index.range({ gte: 's/60/', lt: 's/60/\x7f' })) minutes.push(key);
    const oldest = Number.parseInt(minutes[0]?.slice(-10) ?? '0', 16);
    expect(chain.store.head.timestamp - oldest).toBeLessThanOrEqual(172_800 + 86_400);
    expect(await queries.stats({ interval: 60, count: 5 })).toHaveLength(5);
    busy.nowMs = (chain.store.head.timestamp + 600) * 1_000;
    const later = await queries.stats({ interval: 60, count: 3 });
    expect(later.map(({ blocks }) => blocks)).toEqual([0, 0, 0]);
    expect((await queries.stats({ interval: 86_400, count: 200 })).length).toBeLessThan(60);
  });

  it('count gas and fees of the EVM lane’s users', async () => {
    both.nowMs = both.chain.store.head.timestamp * 1_000;
    const [day] = await both.queries.stats({ interval: 86_400, count: 1 });
    let [gas, fees] = [0n, 0n];
    for (let number = 1n; number <= both.chain.store.head.block; number += 1n) {
      const { evm } = (await both.chain.store.block(number)) ?? {};
      for (const { gasUsed, effectiveGasPrice } of evm?.receipts.slice(evm.systemTxs) ?? []) {
        gas += gasUsed;
        fees += gasUsed * effectiveGasPrice;
      }
    }
    expect([day?.evmGasUsed, day?.evmFees]).toEqual([gas, fees]);
    expect(gas).toBeGreaterThan(0n);
  });
});

describe('search', () => {
  it('finds numbers, hashes, keys and addresses', async () => {
    const { chain, queries } = busy;
    expect(await queries.search('1')).toEqual([
      { kind: 'block', number: 1n },
      { kind: 'batch', number: 1 },
      { kind: 'account', index: 1, accountKind: 'KEY' },
    ]);
    const block = await chain.store.block(chain.store.head.block);
    expect(await queries.search(block?.evm.hash ?? '')).toEqual([{ kind: 'block', number: block?.number }]);
    const [line] = (await queries.history(accountIndex(1), { before: undefined, limit: 200 })).items.filter(
      ({ transaction }) => transaction !== undefined,
    );
    const hash = line?.transaction ?? '0x';
    expect(await queries.search(` ${hash.slice(2).toUpperCase()} `)).toEqual([{ kind: 'ledgerTx', hash }]);
    const owner = chain.ledger.account(accountIndex(1));
    const { key, address } = [1, 2, 3].map((n) => actor(n)).find(({ key: [x] }) => x === owner?.a) ?? actor(1);
    const byKey = await queries.search(prefixedHex(packPoint(key)));
    expect(byKey.length).toBeGreaterThan(0);
    expect(byKey.every(({ kind }) => kind === 'account')).toBe(true);
    const byAddress = await queries.search(addressHex(address));
    expect(byAddress[0]).toEqual({ kind: 'address', address: addressHex(address) });
    expect(byAddress.length).toBeGreaterThan(1);
    expect(byAddress.length).toBeLessThanOrEqual(16);
    const receipt = (await both.chain.store.block(2n))?.evm.receipts.at(-1) ?? { txHash: '0x' };
    expect(await both.queries.search(receipt.txHash)).toEqual([{ kind: 'evmTx', hash: receipt.txHash }]);
  });

  it('finds nothing for a part of something, and asks the store for nothing', async () => {
    for (const text of ['', ' ', '0x', '0x12', 'abc', '-1', '1.5', '01', '٣', `${'a'.repeat(39)}`, 'f'.repeat(63)]) {
      expect(await busy.queries.search(text), text).toEqual([]);
    }
    expect(await busy.queries.search('9'.repeat(16))).toEqual([]);
    // No canonical word, no point, no hash of anything.
    expect(await busy.queries.search('f'.repeat(64))).toEqual([]);
  });
});

describe('an index that is behind', () => {
  it('answers as long as it is near, and else says how far it is', async () => {
    const genesis = busy.genesis;
    const world = await World.open({ genesis, indexDb: memoryDb() });
    const history = new BusyHistory(new SeededRandom(1));
    while (world.chain.store.head.block < 33n) await history.block(world.chain);
    const page = { before: undefined, limit: 5 };
    const behind = { reason: 'INDEX_BEHIND', details: { indexed: 0n, head: 33n } };
    await expect(world.queries.blocks(page)).rejects.toMatchObject(behind);
    await expect(world.queries.history(accountIndex(1), page)).rejects.toMatchObject(behind);
    await expect(world.queries.stats({ interval: 60, count: 1 })).rejects.toMatchObject(behind);
    await expect(world.queries.batchFacts(1)).rejects.toMatchObject(behind);
    // What the store knows needs no index.
    expect(await world.queries.search('33')).toEqual([{ kind: 'block', number: 33n }]);
    await world.follower.catchUp();
    expect((await world.queries.blocks(page)).items).toHaveLength(5);
  });

  it('is waited for, if a block came in just now', async () => {
    const world = await World.open({ genesis: busy.genesis });
    await new BusyHistory(new SeededRandom(3)).block(world.chain);
    const answer = world.queries.blocks({ before: undefined, limit: 5 });
    await world.follower.catchUp();
    expect((await answer).items).toHaveLength(Number(world.chain.store.head.block));
  });
});
