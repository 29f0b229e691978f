/** JSON schemas of answers that the published document lacks, or has as they were before later forks. Facts, in our own words. */

const quantity = { type: 'string', pattern: '^0x(0|[1-9a-f][0-9a-f]{0,63})$' } as const;
const bytes = { type: 'string', pattern: '^0x([0-9a-f]{2})*$' } as const;
const address = { type: 'string', pattern: '^0x[0-9a-fA-F]{40}$' } as const;
const hash = { type: 'string', pattern: '^0x[0-9a-f]{64}$' } as const;
const bloom = { type: 'string', pattern: '^0x[0-9a-f]{512}$' } as const;
const orNull = (schema: object) => ({ anyOf: [{ type: 'null' }, schema] });
const listOf = (items: object) => ({ type: 'array', items });
const mapOf = (values: object) => ({ type: 'object', additionalProperties: values });
const boolean = { type: 'boolean' } as const;
const text = { type: 'string' } as const;

interface RecordSchema {
  readonly type: 'object';
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, object>>;
  readonly additionalProperties: false;
}

/** Exactly these members. */
function record(
  required: Readonly<Record<string, object>>,
  optional: Readonly<Record<string, object>> = {},
): RecordSchema {
  const properties = { ...required, ...optional };
  return { type: 'object', required: Object.keys(required), properties, additionalProperties: false };
}

const log = record(
  {
    address,
    topics: listOf(hash),
    data: bytes,
    blockNumber: quantity,
    transactionHash: hash,
    transactionIndex: quantity,
  },
  { blockHash: hash, logIndex: quantity, removed: boolean, blockTimestamp: quantity },
);

const accessList = listOf(record({ address, storageKeys: listOf(hash) }));
const authorization = record({
  chainId: quantity,
  nonce: quantity,
  address,
  yParity: quantity,
  r: quantity,
  s: quantity,
});

/** Of a pending transaction the place in a block is null. */
const place = { blockHash: orNull(hash), blockNumber: orNull(quantity), transactionIndex: orNull(quantity) };
const signed = {
  hash,
  from: address,
  nonce: quantity,
  gas: quantity,
  value: quantity,
  input: bytes,
  r: quantity,
  s: quantity,
  v: quantity,
};
const dynamicFee = {
  maxFeePerGas: quantity,
  maxPriorityFeePerGas: quantity,
  gasPrice: quantity,
  chainId: quantity,
  accessList,
  yParity: quantity,
};
const transaction = {
  anyOf: [
    record(
      { ...place, ...signed, type: { const: '0x0' }, to: orNull(address), gasPrice: quantity },
      { chainId: quantity, blockTimestamp: orNull(quantity) },
    ),
    record(
      {
        ...place,
        ...signed,
        type: { const: '0x1' },
        to: orNull(address),
        gasPrice: quantity,
        chainId: quantity,
        accessList,
        yParity: quantity,
      },
      { blockTimestamp: orNull(quantity) },
    ),
    record(
      { ...place, ...signed, ...dynamicFee, type: { const: '0x2' }, to: orNull(address) },
      { blockTimestamp: orNull(quantity) },
    ),
    record(
      {
        ...place,
        ...signed,
        ...dynamicFee,
        type: { const: '0x4' },
        to: address,
        authorizationList: listOf(authorization),
      },
      { blockTimestamp: orNull(quantity) },
    ),
  ],
};

const header = {
  hash,
  parentHash: hash,
  sha3Uncles: hash,
  miner: address,
  stateRoot: hash,
  transactionsRoot: hash,
  receiptsRoot: hash,
  logsBloom: bloom,
  difficulty: quantity,
  number: quantity,
  gasLimit: quantity,
  gasUsed: quantity,
  timestamp: quantity,
  extraData: bytes,
  mixHash: hash,
  nonce: { type: 'string', pattern: '^0x[0-9a-f]{16}$' },
  baseFeePerGas: quantity,
  withdrawalsRoot: hash,
  blobGasUsed: quantity,
  excessBlobGas: quantity,
  parentBeaconBlockRoot: hash,
  requestsHash: hash,
};
const block = record(
  {
    ...header,
    size: quantity,
    transactions: { anyOf: [listOf(hash), listOf(transaction)] },
    uncles: listOf(hash),
    withdrawals: { type: 'array', maxItems: 0 },
  },
  { totalDifficulty: quantity },
);

/** geth leaves out what is not known yet; its place and its maker. */
const pendingBlock = {
  ...block,
  properties: { ...block.properties, hash: orNull(hash), nonce: orNull(header.nonce), miner: orNull(address) },
};

const receipt = record(
  {
    type: { enum: ['0x0', '0x1', '0x2', '0x4'] },
    transactionHash: hash,
    transactionIndex: quantity,
    blockHash: hash,
    blockNumber: quantity,
    from: address,
    to: orNull(address),
    contractAddress: orNull(address),
    status: { enum: ['0x0', '0x1'] },
    cumulativeGasUsed: quantity,
    gasUsed: quantity,
    effectiveGasPrice: quantity,
    logs: listOf(log),
    logsBloom: bloom,
  },
  { blobGasUsed: quantity, blobGasPrice: quantity },
);

/** Replace or join the published `components.schemas`. */
export const addedSchemas: Readonly<Record<string, object>> = {
  Block: block,
  Log: log,
  ReceiptInfo: receipt,
  TransactionInfo: transaction,
};

const failure = record({ code: { type: 'integer' }, message: text }, { data: text });
const simulatedLog = record(
  { address, topics: listOf(hash), data: bytes },
  {
    blockNumber: quantity,
    blockHash: hash,
    blockTimestamp: quantity,
    transactionHash: hash,
    transactionIndex: quantity,
    logIndex: quantity,
    removed: boolean,
  },
);
const simulatedCall = record(
  { status: { enum: ['0x0', '0x1'] }, returnData: bytes, gasUsed: quantity, logs: listOf(simulatedLog) },
  { error: failure, maxUsedGas: quantity },
);
const simulatedBlock = record(
  { ...header, calls: listOf(simulatedCall) },
  {
    size: quantity,
    transactions: { anyOf: [listOf(hash), listOf({ type: 'object' })] },
    uncles: listOf(hash),
    withdrawals: listOf({ type: 'object' }),
    totalDifficulty: quantity,
  },
);

const poolContent = mapOf(mapOf(transaction));
const step = record(
  {
    pc: { type: 'integer' },
    op: text,
    gas: { type: 'integer' },
    gasCost: { type: 'integer' },
    depth: { type: 'integer' },
  },
  {
    stack: listOf(text),
    memory: listOf(text),
    storage: mapOf(text),
    error: {},
    refund: { type: 'integer' },
    returnData: text,
    memSize: { type: 'integer' },
    opName: text,
  },
);
const structTrace = record({ gas: { type: 'integer' }, failed: boolean, returnValue: text, structLogs: listOf(step) });
const callFrame = {
  type: 'object',
  required: ['type', 'from', 'gas', 'gasUsed', 'input'],
  properties: {
    type: { enum: ['CALL', 'STATICCALL', 'DELEGATECALL', 'CALLCODE', 'CREATE', 'CREATE2', 'SELFDESTRUCT'] },
    from: address,
    to: address,
    value: quantity,
    gas: quantity,
    gasUsed: quantity,
    input: bytes,
    output: bytes,
    error: text,
    revertReason: text,
    logs: listOf({ type: 'object' }),
    calls: listOf({ type: 'object' }),
  },
  additionalProperties: false,
};
/** Of an account before or after; a prestate of nothing is an empty object. */
const prestate = { type: 'object' };
const trace = { anyOf: [structTrace, callFrame, prestate] };
const traces = listOf(record({ txHash: hash, result: trace }));

/** Answers of methods the published document does not describe; notifications under `eth_subscription <kind>`. */
export const ownResults: Readonly<Record<string, object>> = {
  net_version: { type: 'string', pattern: '^[0-9]+$' },
  net_listening: boolean,
  net_peerCount: quantity,
  web3_sha3: hash,
  eth_baseFee: quantity,
  eth_blobBaseFee: quantity,
  eth_getHeaderByNumber: orNull(record(header)),
  eth_getHeaderByHash: orNull(record(header)),
  eth_getRawTransactionByHash: bytes,
  eth_getUncleByBlockNumberAndIndex: { type: 'null' },
  eth_getUncleByBlockHashAndIndex: { type: 'null' },
  eth_createAccessList: record({ accessList, gasUsed: quantity }, { error: text }),
  eth_getBlockReceipts: orNull(listOf(receipt)),
  eth_maxPriorityFeePerGas: quantity,
  eth_sendRawTransactionSync: receipt,
  eth_simulateV1: listOf(simulatedBlock),
  eth_subscription: {},
  'eth_subscription newHeads': record(header, {
    size: quantity,
    withdrawals: listOf({}),
    totalDifficulty: quantity,
    uncles: listOf(hash),
    transactions: listOf(hash),
  }),
  'eth_subscription logs': log,
  'eth_subscription newPendingTransactions': hash,
  'eth_subscription newPendingTransactions full': transaction,
  'eth_subscription syncing': { anyOf: [boolean, { type: 'object' }] },
  txpool_status: record({ pending: quantity, queued: quantity }),
  txpool_content: record({ pending: poolContent, queued: poolContent }),
  txpool_contentFrom: record({ pending: mapOf(transaction), queued: mapOf(transaction) }),
  txpool_inspect: record({ pending: mapOf(mapOf(text)), queued: mapOf(mapOf(text)) }),
  'eth_getTransactionByHash (pending)': transaction,
  'eth_getBlockByNumber (pending)': orNull(pendingBlock),
  debug_traceTransaction: trace,
  debug_traceCall: trace,
  debug_traceBlockByNumber: traces,
  debug_traceBlockByHash: traces,
  debug_getRawBlock: bytes,
  debug_getRawHeader: bytes,
  debug_getRawTransaction: bytes,
  debug_getRawReceipts: listOf(bytes),
};
