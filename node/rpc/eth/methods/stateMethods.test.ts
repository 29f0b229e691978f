import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesHex, hexBytes, keccakHex } from '../../../../chain/evm/crypto.ts';
import { WALLETS } from '../../../../chain/evm/testing/laneFixture.ts';
import type { EvmBlockRecord } from '../../../../chain/evm/types.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { ETHER, EthWorld, GWEI } from '../testing/ethWorld.ts';

const A = WALLETS[1]?.address ?? '0x';
const OTHER: Hex = '0x00000000000000000000000000000000000000aa';

let world: EthWorld;
let first: EvmBlockRecord;
let second: EvmBlockRecord;

beforeAll(async () => {
  world = await EthWorld.create();
  await world.send(1, { to: OTHER, value: 5n, gasLimit: 21_000n });
  first = await world.mine();
  await world.send(1, { to: OTHER, value: 6n, gasLimit: 21_000n, maxPriorityFeePerGas: 3n * GWEI });
  await world.send(2, { to: OTHER, value: 7n, gasLimit: 21_000n, maxPriorityFeePerGas: 5n * GWEI });
  second = await world.mine();
  world.heads.safe = 1n;
}, 120_000);
afterAll(() => world.stop());

describe('blocks by every name they have', () => {
  it.each([
    ['latest', 18],
    ['pending', 18],
    ['safe', 5],
    ['finalized', 0],
    ['earliest', 0],
    ['0x0', 0],
    ['0x1', 5],
    [{ blockNumber: '0x1' }, 5],
    [{ blockNumber: 'safe' }, 5],
  ])('%j', async (name, balance) => {
    expect(Number(await world.call('eth_getBalance', [OTHER, name]))).toBe(balance);
  });

  it('by hash, as text or in an object', async () => {
    for (const name of [first.hash, { blockHash: first.hash }, { blockHash: first.hash, requireCanonical: true }]) {
      expect(await world.call('eth_getBalance', [OTHER, name])).toBe('0x5');
    }
    const unknown = `0x${'77'.repeat(32)}`;
    expect((await world.failure('eth_getBalance', [OTHER, { blockHash: unknown }])).message).toBe(
      'header for hash not found',
    );
    expect((await world.failure('eth_getBalance', [OTHER, '0x99'])).message).toBe('header not found');
  });

  it('finds nothing beyond the head', async () => {
    expect(await world.call('eth_getBlockByNumber', ['0x99', false])).toBeNull();
    expect(await world.call('eth_getBlockByHash', [`0x${'77'.repeat(32)}`, false])).toBeNull();
    expect(await world.call('eth_getBlockReceipts', ['0x99'])).toBeNull();
    expect(await world.call('eth_getTransactionByHash', [`0x${'77'.repeat(32)}`])).toBeNull();
  });

  it('shows the block to come', async () => {
    const pending = await world.call('eth_getBlockByNumber', ['pending', false]);
    expect(pending).toMatchObject({ number: '0x3', parentHash: second.hash, hash: null, transactions: [] });
    expect(pending.baseFeePerGas).toBe(await world.call('eth_baseFee'));
  });
});

describe('parameters', () => {
  const typed = (what: string, of: string) => `json: cannot unmarshal ${what} into Go value of type ${of}`;

  it.each([
    ['eth_getBalance', [], 'missing value for required argument 0'],
    ['eth_getBalance', [A], 'missing value for required argument 1'],
    ['eth_getBalance', [A, null], 'missing value for required argument 1'],
    ['eth_getBalance', [A, 'latest', 1], 'too many arguments, want at most 2'],
    ['eth_getBalance', [5, 'latest'], `invalid argument 0: ${typed('non-string', 'common.Address')}`],
    ['eth_getBalance', ['0x12', 'latest'], 'invalid argument 0: hex string has length 2, want 40 for common.Address'],
    [
      'eth_getBalance',
      ['zz', 'latest'],
      `invalid argument 0: ${typed('hex string without 0x prefix', 'common.Address')}`,
    ],
    [
      'eth_getBalance',
      [`0x${'zz'.repeat(20)}`, 'latest'],
      `invalid argument 0: ${typed('invalid hex string', 'common.Address')}`,
    ],
    ['eth_getBalance', [A, 'newest'], 'invalid argument 1: hex string without 0x prefix'],
    ['eth_getBalance', [A, '0x01'], 'invalid argument 1: hex number with leading zero digits'],
    ['eth_getBalance', [A, '0x'], 'invalid argument 1: hex string "0x"'],
    ['eth_getBalance', [A, '0xffffffffffffffff'], 'invalid argument 1: block number larger than int64'],
    ['eth_getBalance', [A, '0x1ffffffffffffffff'], 'invalid argument 1: hex number > 64 bits'],
    [
      'eth_getBalance',
      [A, { blockNumber: '0x1', blockHash: `0x${'11'.repeat(32)}` }],
      'invalid argument 1: cannot specify both BlockHash and BlockNumber, choose one or the other',
    ],
    ['eth_getBlockByNumber', ['latest', 'yes'], `invalid argument 1: ${typed('string', 'bool')}`],
    ['eth_getBlockByNumber', ['latest'], 'missing value for required argument 1'],
    ['eth_getTransactionByHash', ['0x1'], `invalid argument 0: ${typed('hex string of odd length', 'common.Hash')}`],
    ['eth_call', ['0x'], `invalid argument 0: ${typed('string', 'ethapi.TransactionArgs')}`],
    [
      'eth_call',
      [{ to: 'x' }],
      'invalid argument 0: json: cannot unmarshal hex string without 0x prefix into Go struct field TransactionArgs.to of type common.Address',
    ],
    [
      'eth_call',
      [{ gas: 21_000 }],
      'invalid argument 0: json: cannot unmarshal non-string into Go struct field TransactionArgs.gas of type hexutil.Uint64',
    ],
    [
      'eth_call',
      [{ data: '0x12', input: '0x13' }],
      'invalid argument 0: both "data" and "input" are set and not equal. Please use "input" to pass transaction call data',
    ],
    ['eth_getStorageAt', [A, '0xasdf', 'latest'], 'invalid hex in storage key: "0xasdf"'],
    [
      'eth_getStorageAt',
      [A, `0x${'0'.repeat(65)}`, 'latest'],
      `storage key too long (want at most 32 bytes): "0x${'0'.repeat(65)}"`,
    ],
    ['eth_chainId', [1], 'too many arguments, want at most 0'],
  ])('%s %j', async (method, params, message) => {
    expect(await world.failure(method, params)).toEqual({ code: -32602, message });
  });

  it('are taken as objects by nobody', async () => {
    expect(await world.failure('eth_getBalance', { address: A } as never)).toMatchObject({
      code: -32602,
      message: 'non-array args',
    });
  });

  it('may be absent or null where they are optional', async () => {
    for (const params of [
      [{ to: OTHER }],
      [{ to: OTHER }, null],
      [{ to: OTHER, gas: null, data: null }, 'latest', null, null],
    ]) {
      expect(await world.call('eth_call', params)).toBe('0x');
    }
  });
});

describe('state', () => {
  it('counts the transactions of the pool for the nonce to use next', async () => {
    const count = (name: string) => world.call('eth_getTransactionCount', [A, name]);
    expect([await count('0x0'), await count('latest'), await count('pending')]).toEqual(['0x0', '0x2', '0x2']);
    await world.send(1, { to: OTHER, gasLimit: 21_000n });
    expect([await count('latest'), await count('pending')]).toEqual(['0x2', '0x3']);
    await world.mine();
  });

  it('repeats the key of a proof as it was given', async () => {
    const { storageProof, accountProof } = await world.call('eth_getProof', [
      A,
      ['0x0', '0x01', `0x${'0'.repeat(64)}`],
      'latest',
    ]);
    expect(storageProof.map(({ key }: { key: Hex }) => key)).toEqual(['0x0', '0x1', `0x${'0'.repeat(64)}`]);
    const { stateRoot } = await world.call('eth_getBlockByNumber', ['latest', false]);
    expect(keccakHex(hexBytes(accountProof[0]))).toBe(stateRoot);
    const many = Array(1_025).fill('0x0');
    expect((await world.failure('eth_getProof', [A, many, 'latest'])).message).toBe('too many slots (max 1024)');
  });

  it('knows who signs nothing here', async () => {
    expect(await world.call('eth_accounts')).toEqual([]);
    for (const method of ['eth_sign', 'eth_signTransaction', 'eth_sendTransaction', 'eth_mining', 'constructor']) {
      expect(await world.failure(method)).toMatchObject({
        code: -32601,
        message: `the method ${method} does not exist/is not available`,
      });
    }
  });
});

describe('fees', () => {
  it('has a history of them', async () => {
    const history = await world.call('eth_feeHistory', ['0x2', '0x2', [0, 50, 100]]);
    expect(history.oldestBlock).toBe('0x1');
    expect(history.baseFeePerGas).toHaveLength(3);
    expect(history.reward[1].map(Number)).toEqual([3e9, 3e9, 5e9]);
    expect(history.gasUsedRatio[1]).toBe(42_000 / Number(second.header.gasLimit));
    expect(await world.call('eth_feeHistory', ['0x0', 'latest', []])).toMatchObject({
      oldestBlock: '0x0',
      gasUsedRatio: [],
    });
    expect((await world.call('eth_feeHistory', ['0x400', '0x1', []])).gasUsedRatio).toHaveLength(2);
  });

  it.each([
    [['0x1', '0x99', []], -32000, /^request beyond head block: requested 153, head \d+$/],
    [['0x1', 'latest', [101]], -32000, /^invalid reward percentile: 101\.000000$/],
    [['0x1', 'latest', [50, 20]], -32000, /^invalid reward percentile: #0:50\.000000 >= #1:20\.000000$/],
    [['0x1', 'latest', Array(101).fill(1)], -32000, /over the query limit 100$/],
    [['0x1', 'latest', ['a']], -32602, /cannot unmarshal string into Go value of type float64$/],
    [['0x1', 'latest'], -32602, /^missing value for required argument 2$/],
  ])('refuses %j', async (params, code, message) => {
    expect(await world.failure('eth_feeHistory', params)).toEqual({ code, message: expect.stringMatching(message) });
  });

  it('suggests what the next block takes', async () => {
    const [price, tip, base] = [
      BigInt(await world.call('eth_gasPrice')),
      BigInt(await world.call('eth_maxPriorityFeePerGas')),
      BigInt(await world.call('eth_baseFee')),
    ];
    const { baseFeePerGas } = await world.call('eth_getBlockByNumber', ['latest', false]);
    expect(price - tip).toBe(BigInt(baseFeePerGas) > base ? BigInt(baseFeePerGas) : base);
    expect(
      await world.failure('eth_estimateGas', [{ from: A, to: OTHER, gasPrice: `0x${price.toString(16)}` }]),
    ).toBeUndefined();
    const tx = await world.send(3, {
      type: 0,
      gasPrice: price,
      maxFeePerGas: undefined,
      maxPriorityFeePerGas: undefined,
      to: OTHER,
      gasLimit: 21_000n,
    });
    const { receipts } = await world.mine();
    expect(receipts.map(({ txHash }) => txHash)).toContain(tx.hash);
  });
});

describe('the pool', () => {
  it('refuses with the texts of go-ethereum', async () => {
    const known = world.sign(4, { to: OTHER, gasLimit: 21_000n });
    await world.call('eth_sendRawTransaction', [bytesHex(known.raw)]);
    const failure = (raw: Hex) => world.failure('eth_sendRawTransaction', [raw]);
    expect(await failure(bytesHex(known.raw))).toEqual({ code: -32000, message: 'already known' });
    expect(await failure('0x03c0')).toEqual({
      code: -32000,
      message: 'transaction type not supported: received type 3',
    });
    expect(await failure('0x')).toEqual({ code: -32000, message: 'typed transaction too short' });
    expect(await failure(`0x02${'ff'.repeat(131_072)}`)).toMatchObject({
      code: -32000,
      message: expect.stringMatching(/^oversized data/),
    });
    const rich = world.sign(5, { to: OTHER, value: 2_000n * ETHER, gasLimit: 21_000n });
    expect(await failure(bytesHex(rich.raw))).toMatchObject({
      code: -32000,
      message: expect.stringMatching(/^insufficient funds for gas \* price \+ value: balance/),
    });
    expect(world.hidden).toEqual([]);
    const queued = world.sign(6, { to: OTHER, gasLimit: 21_000n, nonce: 9n });
    await world.call('eth_sendRawTransaction', [bytesHex(queued.raw)]);
    expect(await world.call('txpool_status')).toEqual({ pending: '0x1', queued: '0x1' });
    const content = await world.call('txpool_inspect');
    expect(Object.values(content.queued)).toEqual([
      { 9: expect.stringMatching(/^0x0{38}[aA]{2}: 0 wei \+ 21000 gas × 10000000000 wei$/) },
    ]);
    expect(await world.call('eth_getTransactionByHash', [known.hash])).toMatchObject({
      hash: known.hash,
      blockHash: null,
    });
  });

  it('waits for a receipt, and says when there is none', async () => {
    const tx = world.sign(7, { to: OTHER, gasLimit: 21_000n });
    expect(await world.failure('eth_sendRawTransactionSync', [bytesHex(tx.raw), '0x1'])).toEqual({
      code: 4,
      message: "The transaction was added to the transaction pool but wasn't processed in 0.001s.",
      data: tx.hash,
    });
  });
});
