/** Wrong parameters for every method, by the kinds of their parameters. */

type Kind =
  | 'address'
  | 'hash'
  | 'block'
  | 'blockOrHash'
  | 'quantity'
  | 'data'
  | 'flag'
  | 'object'
  | 'text'
  | 'list'
  | 'slot';

const address = '0x00000000000000000000000000000000000000aa';
const hash = `0x${'ab'.repeat(32)}`;

const GOOD: Readonly<Record<Kind, unknown>> = {
  address,
  hash,
  block: 'latest',
  blockOrHash: 'latest',
  quantity: '0x1',
  data: '0x',
  flag: false,
  object: {},
  text: 'latest',
  list: [],
  slot: '0x0',
};

/** None of these may be taken for a value of the kind. */
const BAD: Readonly<Record<Kind, readonly unknown[]>> = {
  address: [7, true, {}, [], '0x12', 'zz', `0x${'zz'.repeat(20)}`, `${address}00`, ''],
  hash: [7, true, {}, [], '0x12', 'zz', `0x${'zz'.repeat(32)}`, `${hash}00`, ''],
  block: [7, true, [], 'newest', '0x', '0x01', '0xzz', '-0x1', `0x${'f'.repeat(40)}`],
  blockOrHash: [
    7,
    true,
    [],
    'newest',
    '0x',
    '0x01',
    { blockHash: '0x12' },
    { blockNumber: 'x' },
    { blockHash: hash, blockNumber: '0x1' },
  ],
  quantity: [true, {}, [], '7x', '0x', '0x01', '-0x1', `0x${'f'.repeat(80)}`],
  data: [7, true, {}, [], '0x1', 'zz', '0xzz'],
  flag: [7, 'true', {}, []],
  object: [7, 'x', true, [7]],
  text: [7, {}, []],
  list: [7, 'x', {}, true],
  slot: [7, {}, [], 'zz', `0x${'ab'.repeat(40)}`],
};

interface Signature {
  readonly params: readonly Kind[];
  /** How many of them must be there. */
  readonly required: number;
}

const of = (required: number, ...params: Kind[]): Signature => ({ params, required });

export const SIGNATURES: Readonly<Record<string, Signature>> = {
  eth_getBalance: of(1, 'address', 'blockOrHash'),
  eth_getTransactionCount: of(1, 'address', 'blockOrHash'),
  eth_getCode: of(1, 'address', 'blockOrHash'),
  eth_getStorageAt: of(2, 'address', 'slot', 'blockOrHash'),
  eth_getProof: of(2, 'address', 'list', 'blockOrHash'),
  eth_call: of(1, 'object', 'blockOrHash', 'object', 'object'),
  eth_estimateGas: of(1, 'object', 'blockOrHash', 'object'),
  eth_createAccessList: of(1, 'object', 'blockOrHash'),
  eth_simulateV1: of(1, 'object', 'blockOrHash'),
  eth_feeHistory: of(2, 'quantity', 'block', 'list'),
  eth_getBlockByNumber: of(2, 'block', 'flag'),
  eth_getBlockByHash: of(2, 'hash', 'flag'),
  eth_getBlockReceipts: of(1, 'blockOrHash'),
  eth_getBlockTransactionCountByNumber: of(1, 'block'),
  eth_getBlockTransactionCountByHash: of(1, 'hash'),
  eth_getUncleCountByBlockNumber: of(1, 'block'),
  eth_getUncleCountByBlockHash: of(1, 'hash'),
  eth_getTransactionByHash: of(1, 'hash'),
  eth_getTransactionByBlockHashAndIndex: of(2, 'hash', 'quantity'),
  eth_getTransactionByBlockNumberAndIndex: of(2, 'block', 'quantity'),
  eth_getTransactionReceipt: of(1, 'hash'),
  eth_getLogs: of(1, 'object'),
  eth_newFilter: of(1, 'object'),
  eth_getFilterChanges: of(1, 'text'),
  eth_getFilterLogs: of(1, 'text'),
  eth_uninstallFilter: of(1, 'text'),
  eth_sendRawTransaction: of(1, 'data'),
  web3_sha3: of(1, 'data'),
  txpool_contentFrom: of(1, 'address'),
  debug_traceTransaction: of(1, 'hash', 'object'),
  debug_traceCall: of(1, 'object', 'blockOrHash', 'object'),
  debug_traceBlockByNumber: of(1, 'block', 'object'),
  debug_traceBlockByHash: of(1, 'hash', 'object'),
};

/** Every parameter wrong in every way, the others right; then too few and too many. */
export function badCalls(): { readonly method: string; readonly params: readonly unknown[] }[] {
  const calls: { method: string; params: readonly unknown[] }[] = [];
  for (const [method, { params, required }] of Object.entries(SIGNATURES)) {
    const good = params.map((kind) => GOOD[kind]);
    for (const [position, kind] of params.entries()) {
      for (const bad of BAD[kind]) calls.push({ method, params: good.with(position, bad).slice(0, position + 1) });
    }
    for (let count = 0; count < required; count += 1) calls.push({ method, params: good.slice(0, count) });
    calls.push({ method, params: [...good, 'one too many'] });
  }
  return calls;
}

/** Members of a call or filter that are wrong. */
export const BAD_OBJECTS: readonly { readonly method: string; readonly params: readonly unknown[] }[] = [
  ...[
    { to: '0x12' },
    { from: 7 },
    { gas: '0x' },
    { gas: -1 },
    { value: 'x' },
    { data: '0x1' },
    { data: '0x01', input: '0x02' },
  ].flatMap((call) =>
    ['eth_call', 'eth_estimateGas', 'eth_createAccessList', 'debug_traceCall'].map((method) => ({
      method,
      params: [call, 'latest'],
    })),
  ),
  { method: 'eth_call', params: [{ to: address, accessList: [{ address: '0x1' }] }, 'latest'] },
  { method: 'eth_call', params: [{ to: address }, 'latest', { [address]: { balance: 'x' } }] },
  { method: 'eth_call', params: [{ to: address }, 'latest', { nobody: {} }] },
  ...[
    { fromBlock: 'x' },
    { topics: 'x' },
    { topics: ['0x12'] },
    { topics: [[7]] },
    { topics: Array(5).fill(null) },
    { address: '0x12' },
    { address: [7] },
    { blockHash: hash, fromBlock: '0x1' },
  ].flatMap((filter) => ['eth_getLogs', 'eth_newFilter'].map((method) => ({ method, params: [filter] }))),
];

/** Values of the right form that contradict each other: geth refuses them with its general code. */
export const CONTRADICTIONS: typeof BAD_OBJECTS = [
  { method: 'eth_call', params: [{ to: address, gasPrice: '0x1', maxFeePerGas: '0x1' }, 'latest'] },
  { method: 'eth_call', params: [{ to: address }, 'latest', { [address]: { state: {}, stateDiff: {} } }] },
];
