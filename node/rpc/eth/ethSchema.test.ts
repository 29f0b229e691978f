import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesHex, hexBytes } from '../../../chain/evm/crypto.ts';
import { WALLETS } from '../../../chain/evm/testing/laneFixture.ts';
import type { EvmBlockRecord, EvmTx } from '../../../chain/evm/types.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { ethMethods } from './ethMethods.ts';
import { ETHER, EthWorld, GWEI } from './testing/ethWorld.ts';

type Schema = Readonly<Record<string, unknown>>;

interface OpenRpc {
  readonly methods: readonly { readonly name: string; readonly result?: { readonly schema: Schema } }[];
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const require = createRequire(import.meta.url);
const openRpc: OpenRpc = JSON.parse(
  readFileSync(require.resolve('@metamask/api-specs/dist/build/openrpc.json'), 'utf8'),
);

/** Of what the newest specification has and the package does not. */
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const list = (items: Schema): Schema => ({ type: 'array', items });
const record = (items: Schema): Schema => ({ type: 'object', additionalProperties: items });
const shape = (properties: Record<string, Schema>, optional: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});
const nullable = (schema: Schema): Schema => ({ anyOf: [{ type: 'null' }, schema] });
const integer = { type: 'integer', minimum: 0 };
const pooled = shape({
  from: ref('address'),
  nonce: ref('uint'),
  hash: ref('hash32'),
  blockHash: { type: 'null' },
  blockNumber: { type: 'null' },
});
const steps = shape({
  gas: integer,
  failed: { type: 'boolean' },
  returnValue: ref('bytes'),
  structLogs: list(
    shape(
      {
        pc: integer,
        op: { type: 'string' },
        gas: integer,
        gasCost: integer,
        depth: { type: 'integer', minimum: 1 },
        stack: list(ref('uint256')),
        memory: list(ref('bytes32')),
        storage: record(ref('bytes32')),
        refund: integer,
        error: { type: 'string', minLength: 1 },
      },
      ['stack', 'memory', 'storage', 'refund', 'error'],
    ),
  ),
});
const OWN: Readonly<Record<string, Schema>> = {
  eth_getUncleByBlockNumberAndIndex: { type: 'null' },
  eth_getUncleByBlockHashAndIndex: { type: 'null' },
  eth_getBlockReceipts: nullable(list(ref('ReceiptInfo'))),
  eth_getHeaderByNumber: nullable(shape({ number: ref('uint'), hash: ref('hash32'), stateRoot: ref('hash32') })),
  eth_getRawTransactionByHash: ref('bytes'),
  eth_sendRawTransactionSync: ref('ReceiptInfo'),
  eth_maxPriorityFeePerGas: ref('uint'),
  eth_baseFee: ref('uint'),
  eth_blobBaseFee: ref('uint'),
  eth_createAccessList: shape({ accessList: ref('AccessList'), gasUsed: ref('uint'), error: { type: 'string' } }, [
    'error',
  ]),
  eth_simulateV1: list(
    shape({
      number: ref('uint'),
      hash: ref('hash32'),
      parentHash: ref('hash32'),
      stateRoot: ref('hash32'),
      timestamp: ref('uint'),
      baseFeePerGas: ref('uint'),
      gasUsed: ref('uint'),
      transactions: { type: 'array' },
      calls: list(
        shape(
          {
            status: ref('uint'),
            returnData: ref('bytes'),
            gasUsed: ref('uint64'),
            maxUsedGas: ref('uint64'),
            logs: list(ref('Log')),
            error: shape({ code: { enum: [3, -32015] }, message: { type: 'string' } }),
          },
          ['error'],
        ),
      ),
    }),
  ),
  txpool_status: shape({ pending: ref('uint'), queued: ref('uint') }),
  txpool_content: shape({ pending: record(record(pooled)), queued: record(record(pooled)) }),
  txpool_contentFrom: shape({ pending: record(pooled), queued: record(pooled) }),
  txpool_inspect: shape({ pending: record(record({ type: 'string' })), queued: record(record({ type: 'string' })) }),
  debug_traceTransaction: steps,
  debug_traceCall: steps,
  debug_traceBlockByNumber: list(shape({ txHash: ref('hash32'), result: steps })),
  debug_traceBlockByHash: list(shape({ txHash: ref('hash32'), result: steps })),
  debug_getRawBlock: ref('bytes'),
  debug_getRawHeader: ref('bytes'),
  debug_getRawReceipts: list(ref('bytes')),
  debug_getRawTransaction: ref('bytes'),
  net_version: { type: 'string', pattern: '^[0-9]+$' },
  net_listening: { type: 'boolean' },
  net_peerCount: ref('uint'),
  web3_sha3: ref('hash32'),
};

let world: EthWorld;
let probe: Hex;
let block: EvmBlockRecord;
let noted: EvmTx;
let waiting: EvmTx;
let validators: ReadonlyMap<string, ValidateFunction>;

const from = WALLETS[1]?.address;

/** Parameters to ask each method with. */
function questions(): Readonly<Record<string, readonly (readonly unknown[])[]>> {
  const number = `0x${block.header.number.toString(16)}`;
  const byNumber = [[number], ['latest'], ['0xffff']];
  const byHash = [[block.hash], [`0x${'77'.repeat(32)}`]];
  const store = { from, to: probe, data: world.data('store', [3n]) };
  const logs = { fromBlock: '0x0', toBlock: 'latest', address: probe };
  const trace = { enableMemory: true, enableReturnData: true };
  return {
    eth_blockNumber: [[]],
    eth_getBlockByNumber: [...byNumber, ['earliest'], ['finalized']].flatMap(([at]) => [
      [at, true],
      [at, false],
    ]),
    eth_getBlockByHash: byHash.map(([hash]) => [hash, true]),
    eth_getBlockTransactionCountByNumber: byNumber,
    eth_getBlockTransactionCountByHash: byHash,
    eth_getUncleCountByBlockNumber: byNumber,
    eth_getUncleCountByBlockHash: byHash,
    eth_getUncleByBlockNumberAndIndex: [[number, '0x0']],
    eth_getUncleByBlockHashAndIndex: [[block.hash, '0x0']],
    eth_getTransactionByBlockNumberAndIndex: [
      [number, '0x0'],
      [number, '0x99'],
    ],
    eth_getTransactionByBlockHashAndIndex: [[block.hash, '0x1']],
    eth_getBlockReceipts: [[number], [block.hash], [{ blockHash: block.hash }], ['0x0'], ['0xffff']],
    eth_getHeaderByNumber: byNumber,
    eth_syncing: [[]],
    eth_getTransactionByHash: [...block.receipts.map(({ txHash }) => [txHash]), [`0x${'99'.repeat(32)}`]],
    eth_getTransactionReceipt: [...block.receipts.map(({ txHash }) => [txHash]), [`0x${'99'.repeat(32)}`]],
    eth_getRawTransactionByHash: [[noted.hash], [waiting.hash]],
    eth_getBalance: [
      [from, 'latest'],
      [probe, { blockNumber: '0x0' }],
    ],
    eth_getTransactionCount: [
      [from, 'pending'],
      [from, { blockHash: block.hash }],
    ],
    eth_getCode: [
      [probe, 'latest'],
      [from, 'latest'],
    ],
    eth_getStorageAt: [
      [probe, '0x0', 'latest'],
      [probe, `0x${'0'.repeat(63)}1`, number],
    ],
    eth_getProof: [
      [probe, ['0x0', `0x${'0'.repeat(63)}9`], 'latest'],
      [`0x${'ab'.repeat(20)}`, [], 'latest'],
    ],
    eth_accounts: [[]],
    eth_coinbase: [[]],
    eth_chainId: [[]],
    eth_gasPrice: [[]],
    eth_maxPriorityFeePerGas: [[]],
    eth_baseFee: [[]],
    eth_blobBaseFee: [[]],
    eth_feeHistory: [
      ['0x2', 'latest', [25, 75]],
      [2, 'latest', []],
    ],
    eth_call: [[store, 'latest']],
    eth_estimateGas: [[store], [store, 'latest']],
    eth_createAccessList: [[store], [{ ...store, data: world.data('failEmpty') }]],
    eth_simulateV1: [
      [
        {
          blockStateCalls: [{ calls: [store, { ...store, data: world.data('failEmpty') }] }],
          returnFullTransactions: true,
        },
      ],
      [
        { blockStateCalls: [{ calls: [{ ...store, data: world.data('invalid') }] }, {}], traceTransfers: true },
        'latest',
      ],
    ],
    eth_getLogs: [[logs], [{ blockHash: block.hash }]],
    eth_newFilter: [[logs]],
    eth_newBlockFilter: [[]],
    eth_newPendingTransactionFilter: [[], [true]],
    txpool_status: [[]],
    txpool_content: [[]],
    txpool_contentFrom: [[waiting.sender], [probe]],
    txpool_inspect: [[]],
    debug_traceTransaction: [[noted.hash], [noted.hash, trace]],
    debug_traceCall: [
      [store, 'latest'],
      [store, 'latest', trace],
    ],
    debug_traceBlockByNumber: [[number], [number, trace]],
    debug_traceBlockByHash: [[block.hash]],
    debug_getRawBlock: [[number]],
    debug_getRawHeader: [[number]],
    debug_getRawReceipts: [[number]],
    debug_getRawTransaction: [[noted.hash]],
    net_version: [[]],
    net_listening: [[]],
    net_peerCount: [[]],
    web3_clientVersion: [[]],
    web3_sha3: [['0x68656c6c6f']],
  };
}

/** The package's schemas with what the specification has added since: the time of a log's block, Prague's hash of requests. */
function withNewest(schemas: OpenRpc['components']['schemas']): OpenRpc['components']['schemas'] {
  const added = (name: string, properties: Record<string, Schema>): Schema => {
    const known = schemas[name];
    return { ...known, properties: { ...(known?.properties as object), ...properties } };
  };
  return {
    ...schemas,
    Log: added('Log', { blockTimestamp: ref('uint') }),
    Block: added('Block', { requestsHash: ref('hash32') }),
  };
}

/** Asked for below, one after another. */
const ASKED_IN_TURN = [
  'eth_sendRawTransaction',
  'eth_sendRawTransactionSync',
  'eth_getFilterChanges',
  'eth_getFilterLogs',
  'eth_uninstallFilter',
];

beforeAll(async () => {
  world = await EthWorld.create();
  probe = await world.deployProbe();
  noted = await world.send(1, { to: probe, data: hexBytes(world.data('store', [5n])), value: 1n });
  await world.send(2, {
    type: 0,
    gasPrice: 5n * GWEI,
    maxFeePerGas: undefined,
    maxPriorityFeePerGas: undefined,
    to: probe,
    value: ETHER,
  });
  await world.send(3, {
    type: 1,
    gasPrice: 5n * GWEI,
    maxFeePerGas: undefined,
    maxPriorityFeePerGas: undefined,
    to: probe,
    data: hexBytes(world.data('failEmpty')),
    accessList: [{ address: probe, storageKeys: [`0x${'00'.repeat(32)}`] }],
  });
  block = await world.mine({
    messages: [
      {
        kind: 'deposit',
        index: 0n,
        l1Timestamp: 1,
        sender: probe,
        to: probe,
        token: 0,
        amount: 5n,
        gasLimit: 100_000n,
        data: '0x',
        refundTo: probe,
      },
    ],
  });
  waiting = await world.send(1, { to: probe, value: 1n });
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema({
    $id: 'spec',
    components: { ...openRpc.components, schemas: withNewest(openRpc.components.schemas) },
  });
  const published = new Map(openRpc.methods.map(({ name, result }) => [name, result?.schema]));
  const absolute = (schema: Schema): Schema =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"spec#/components'));
  validators = new Map(
    Object.keys(ethMethods(world.backend, world.filters)).flatMap((name) => {
      const schema = OWN[name] ?? published.get(name);
      return schema === undefined ? [] : [[name, ajv.compile(absolute(schema))] as const];
    }),
  );
}, 120_000);
afterAll(() => world.stop());

function expectValid(method: string, answer: unknown): void {
  const validate = validators.get(method);
  expect(validate, `a schema for ${method}`).toBeDefined();
  validate?.(answer);
  expect([method, answer, validate?.errors ?? []]).toEqual([method, answer, []]);
}

describe('answers have the form of the specification', () => {
  it('knows a schema and a question for every method', () => {
    const names = Object.keys(ethMethods(world.backend, world.filters)).sort();
    expect([...validators.keys()].sort()).toEqual(names);
    expect([...Object.keys(questions()), ...ASKED_IN_TURN].sort()).toEqual(names);
  });

  it('answers all questions in form', async () => {
    for (const [method, all] of Object.entries(questions())) {
      for (const params of all) expectValid(method, await world.call(method, params));
    }
    expect(world.hidden).toEqual([]);
  });

  it('takes transactions in and tells of them through filters', async () => {
    const [logs, blocks, txs] = [
      await world.call('eth_newFilter', [{ address: probe }]),
      await world.call('eth_newBlockFilter'),
      await world.call('eth_newPendingTransactionFilter'),
    ];
    const tx = world.sign(4, { to: probe, data: hexBytes(world.data('store', [6n])) });
    expectValid('eth_sendRawTransaction', await world.call('eth_sendRawTransaction', [bytesHex(tx.raw)]));
    const other = world.sign(5, { to: probe, value: 1n });
    const receipt = world.call('eth_sendRawTransactionSync', [bytesHex(other.raw)]);
    await expect.poll(() => world.pool.get(other.hash)).toBeDefined();
    await world.mine();
    expectValid('eth_sendRawTransactionSync', await receipt);
    for (const id of [logs, blocks, txs]) {
      const changes = await world.call('eth_getFilterChanges', [id]);
      expect(changes.length).toBeGreaterThan(0);
      expectValid('eth_getFilterChanges', changes);
    }
    expectValid('eth_getFilterLogs', await world.call('eth_getFilterLogs', [logs]));
    expectValid('eth_uninstallFilter', await world.call('eth_uninstallFilter', [logs]));
  });
});
