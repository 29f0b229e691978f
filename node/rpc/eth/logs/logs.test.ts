import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexBytes, keccakHex } from '../../../../chain/evm/crypto.ts';
import { WALLETS } from '../../../../chain/evm/testing/laneFixture.ts';
import type { EvmBlockRecord } from '../../../../chain/evm/types.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { EthWorld } from '../testing/ethWorld.ts';
import { FILTER_MS } from './filterManager.ts';

const NOTED = keccakHex(Buffer.from('Noted(address,uint256,bytes)'));
const word = (value: number | string): Hex => `0x${BigInt(value).toString(16).padStart(64, '0')}`;
const ALICE = WALLETS[1]?.address ?? '0x';
const OTHER: Hex = '0x00000000000000000000000000000000000000aa';

let world: EthWorld;
let probe: Hex;
let blocks: EvmBlockRecord[];

const store = (wallet: number, value: bigint) =>
  world.send(wallet, { to: probe, data: hexBytes(world.data('store', [value])) });

beforeAll(async () => {
  world = await EthWorld.create();
  probe = await world.deployProbe();
  blocks = [];
  for (const value of [1n, 2n, 3n]) {
    await store(1, value);
    await store(2, value);
    blocks.push(await world.mine());
  }
}, 120_000);
afterAll(() => world.stop());

const find = (query: object) => world.call('eth_getLogs', [{ fromBlock: '0x0', ...query }]);
const values = (logs: readonly { topics: Hex[] }[]) => logs.map(({ topics }) => Number(topics[2]));

describe('eth_getLogs', () => {
  it('finds by address, by topics in their places, and by several at once', async () => {
    expect(values(await find({ address: probe })).sort()).toEqual([1, 1, 2, 2, 3, 3]);
    expect(values(await find({ address: [OTHER, probe], topics: [NOTED, word(ALICE)] }))).toEqual([1, 2, 3]);
    expect(values(await find({ topics: [null, null, [word(1), word(3)]] })).sort()).toEqual([1, 1, 3, 3]);
    expect(values(await find({ topics: [[], word(ALICE), word(2)] }))).toEqual([2]);
    expect(await find({ address: OTHER })).toEqual([]);
    expect(await find({ topics: [word(ALICE)] })).toEqual([]);
    expect(await find({ topics: [null, null, null, null] })).toEqual([]);
  });

  it('keeps to the blocks that are named', async () => {
    const [first, second] = blocks;
    expect(values(await find({ blockHash: first?.hash, fromBlock: undefined })).sort()).toEqual([1, 1]);
    const at = `0x${second?.header.number.toString(16)}`;
    expect(values(await find({ fromBlock: at, toBlock: at })).sort()).toEqual([2, 2]);
    expect(values(await world.call('eth_getLogs', [{}])).sort()).toEqual([3, 3]);
  });

  it('counts a log by its place in the block', async () => {
    const logs = await find({ blockHash: blocks[0]?.hash, fromBlock: undefined });
    expect(
      logs.map(({ logIndex, transactionIndex, removed }: Record<string, unknown>) => [
        logIndex,
        transactionIndex,
        removed,
      ]),
    ).toEqual([
      ['0x0', '0x0', false],
      ['0x1', '0x1', false],
    ]);
  });

  it.each([
    [{ fromBlock: '0x4', toBlock: '0x2' }, -32602, 'invalid block range params'],
    [{ fromBlock: '0x1', toBlock: '0xffff' }, -32602, 'block range extends beyond current head block'],
    [{ blockHash: `0x${'77'.repeat(32)}` }, -32000, 'unknown block'],
    [
      { blockHash: `0x${'77'.repeat(32)}`, fromBlock: '0x1' },
      -32602,
      'invalid argument 0: cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other',
    ],
    [{ address: '0x12' }, -32602, 'invalid argument 0: hex string has length 2, want 40 for common.Address'],
    [{ topics: ['0x12'] }, -32602, 'invalid argument 0: hex string has length 2, want 64 for common.Hash'],
    [{ topics: [1] }, -32602, 'invalid argument 0: invalid topic(s)'],
    [{ topics: [null, null, null, null, null] }, -32602, 'exceed max topics'],
    [{ address: Array(1001).fill(OTHER) }, -32602, 'exceed max addresses limit per query: 1000'],
    [{ fromBlock: 'pending' }, -32602, 'pending logs are not supported'],
  ])('refuses %j', async (query, code, message) => {
    expect(await world.failure('eth_getLogs', [query])).toEqual({ code, message });
  });

  it('refuses more blocks than one query may ask for', async () => {
    const latest = world.heads.latest;
    world.heads.latest = 100_000n;
    const error = await world.failure('eth_getLogs', [{ fromBlock: '0x0', toBlock: '0x186a0' }]);
    world.heads.latest = latest;
    expect(error).toEqual({ code: -32602, message: 'exceed maximum block range: 50000' });
  });

  it('refuses a flood', async () => {
    const block = blocks[0];
    const receipt = block?.receipts[0];
    if (block === undefined || receipt === undefined) throw new RangeError('no block');
    const logs = Array.from({ length: 20_001 }, () => receipt.logs[0]);
    const flooded = { ...block, receipts: [{ ...receipt, logs }] } as EvmBlockRecord;
    const read = world.backend.block;
    world.backend.block = async () => flooded;
    const error = await world.failure('eth_getLogs', [{ fromBlock: '0x2', toBlock: '0x2' }]);
    world.backend.block = read;
    expect(error).toEqual({ code: -32005, message: 'query returned more than 20000 results' });
  });
});

describe('filters', () => {
  it('tell what is new, once', async () => {
    const [all, mine, newBlocks, txs, full] = [
      await world.call('eth_newFilter', [{ address: probe }]),
      await world.call('eth_newFilter', [{ topics: [null, word(ALICE)] }]),
      await world.call('eth_newBlockFilter'),
      await world.call('eth_newPendingTransactionFilter'),
      await world.call('eth_newPendingTransactionFilter', [true]),
    ];
    const changes = (id: Hex) => world.call('eth_getFilterChanges', [id]);
    const sent = [await store(1, 7n), await store(2, 8n)];
    expect(await changes(all)).toEqual([]);
    const { hash } = await world.mine();
    expect(values(await changes(all)).sort()).toEqual([7, 8]);
    expect(values(await changes(mine))).toEqual([7]);
    expect(await changes(newBlocks)).toEqual([hash]);
    expect(await changes(txs)).toEqual(sent.map((tx) => tx.hash));
    expect((await changes(full)).map((tx: { hash: Hex }) => tx.hash)).toEqual(sent.map((tx) => tx.hash));
    for (const id of [all, mine, newBlocks, txs, full]) expect(await changes(id)).toEqual([]);
    expect(values(await world.call('eth_getFilterLogs', [all])).sort()).toEqual([7, 8]);
  });

  it('end when they are not asked, or removed', async () => {
    const id = await world.call('eth_newBlockFilter');
    world.clock.advance(FILTER_MS - 1);
    expect(await world.call('eth_getFilterChanges', [id])).toEqual([]);
    world.clock.advance(FILTER_MS);
    const gone = { code: -32000, message: 'filter not found' };
    expect(await world.failure('eth_getFilterChanges', [id])).toEqual(gone);
    const other = await world.call('eth_newBlockFilter');
    expect(await world.failure('eth_getFilterLogs', [other])).toEqual(gone);
    expect(await world.call('eth_uninstallFilter', [other])).toBe(true);
    expect(await world.call('eth_uninstallFilter', [other])).toBe(false);
    expect(await world.failure('eth_getFilterChanges', ['0x12'])).toEqual(gone);
  });

  it('are limited in number', async () => {
    const ids: Hex[] = [];
    for (let i = world.filters.size; i < 1_000; i++) ids.push(await world.call('eth_newBlockFilter'));
    expect(await world.failure('eth_newBlockFilter')).toEqual({ code: -32005, message: 'too many filters' });
    for (const id of ids) await world.call('eth_uninstallFilter', [id]);
  });

  it('refuse a range that ends before it begins', async () => {
    const error = await world.failure('eth_newFilter', [{ fromBlock: '0x5', toBlock: '0x4' }]);
    expect(error).toEqual({ code: -32602, message: 'invalid block range params' });
  });
});
