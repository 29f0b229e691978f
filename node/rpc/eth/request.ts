import { bytesHex } from '../../../chain/evm/crypto.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import {
  addressValue,
  bigValue,
  booleanValue,
  bytesValue,
  hashValue,
  invalid,
  listValue,
  Members,
  mistyped,
  objectValue,
  type Place,
  type Reader,
  uint64Value,
} from './values.ts';

export interface AccessListItem {
  readonly address: Hex;
  readonly storageKeys: readonly Hex[];
}

export interface Authorization {
  readonly chainId: bigint;
  readonly address: Hex;
  readonly nonce: bigint;
  readonly yParity: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

/** A transaction that nobody signed. Undefined: the caller left it open. */
export interface CallRequest {
  readonly from: Hex | undefined;
  /** Undefined: creates a contract. */
  readonly to: Hex | undefined;
  readonly gas: bigint | undefined;
  readonly gasPrice: bigint | undefined;
  readonly maxFeePerGas: bigint | undefined;
  readonly maxPriorityFeePerGas: bigint | undefined;
  readonly value: bigint;
  readonly nonce: bigint | undefined;
  readonly data: Uint8Array;
  readonly accessList: readonly AccessListItem[] | undefined;
  readonly authorizationList: readonly Authorization[] | undefined;
}

export interface AccountOverride {
  readonly nonce: bigint | undefined;
  readonly code: Uint8Array | undefined;
  readonly balance: bigint | undefined;
  /** The whole storage. */
  readonly state: ReadonlyMap<Hex, Hex> | undefined;
  /** Some slots of it. */
  readonly stateDiff: ReadonlyMap<Hex, Hex> | undefined;
  readonly movePrecompileTo: Hex | undefined;
}

export type StateOverrides = ReadonlyMap<Hex, AccountOverride>;

export interface BlockOverrides {
  readonly number: bigint | undefined;
  readonly time: bigint | undefined;
  readonly gasLimit: bigint | undefined;
  readonly feeRecipient: Hex | undefined;
  readonly prevRandao: Hex | undefined;
  readonly baseFeePerGas: bigint | undefined;
  readonly blobBaseFee: bigint | undefined;
}

export interface SimulatedBlock {
  readonly blockOverrides: BlockOverrides;
  readonly stateOverrides: StateOverrides;
  readonly calls: readonly CallRequest[];
}

export interface SimulateRequest {
  readonly blocks: readonly SimulatedBlock[];
  readonly traceTransfers: boolean;
  readonly validation: boolean;
  readonly returnFullTransactions: boolean;
}

export const NO_BLOCK_OVERRIDES: BlockOverrides = {
  number: undefined,
  time: undefined,
  gasLimit: undefined,
  feeRecipient: undefined,
  prevRandao: undefined,
  baseFeePerGas: undefined,
  blobBaseFee: undefined,
};

const accessListValue: Reader<readonly AccessListItem[]> = listValue('types.AccessList', (value, at) => {
  const members = new Members(value, 'types.AccessTuple', at);
  return {
    address: members.optional('address', addressValue) ?? missing('address', 'AccessTuple', at),
    storageKeys: members.optional('storageKeys', listValue('[]common.Hash', hashValue)) ?? [],
  };
});

const authorizationsValue: Reader<readonly Authorization[]> = listValue(
  '[]types.SetCodeAuthorization',
  (value, at) => {
    const members = new Members(value, 'types.SetCodeAuthorization', at);
    const need = (name: string): bigint =>
      members.optional(name, bigValue) ?? missing(name, 'SetCodeAuthorization', at);
    return {
      chainId: need('chainId'),
      address: members.optional('address', addressValue) ?? missing('address', 'SetCodeAuthorization', at),
      nonce: need('nonce'),
      yParity: need('yParity'),
      r: need('r'),
      s: need('s'),
    };
  },
  256,
);

function missing(name: string, of: string, at: Place): never {
  throw invalid(`missing required field '${name}' for ${of}`, at);
}

export const callValue: Reader<CallRequest> = (value, at) => {
  const members = new Members(value, 'ethapi.TransactionArgs', at);
  const data = members.optional('data', bytesValue);
  const input = members.optional('input', bytesValue);
  if (data !== undefined && input !== undefined && bytesHex(data) !== bytesHex(input)) {
    throw invalid(
      'both "data" and "input" are set and not equal. Please use "input" to pass transaction call data',
      at,
    );
  }
  const request: CallRequest = {
    from: members.optional('from', addressValue),
    to: members.optional('to', addressValue),
    gas: members.optional('gas', uint64Value),
    gasPrice: members.optional('gasPrice', bigValue),
    maxFeePerGas: members.optional('maxFeePerGas', bigValue),
    maxPriorityFeePerGas: members.optional('maxPriorityFeePerGas', bigValue),
    value: members.optional('value', bigValue) ?? 0n,
    nonce: members.optional('nonce', uint64Value),
    data: input ?? data ?? new Uint8Array(),
    accessList: members.optional('accessList', accessListValue),
    authorizationList: members.optional('authorizationList', authorizationsValue),
  };
  members.optional('chainId', bigValue);
  return request;
};

const storageValue: Reader<ReadonlyMap<Hex, Hex>> = (value, at) =>
  new Map(
    Object.entries(objectValue(value, 'map[common.Hash]common.Hash', at)).map(([slot, word]) => [
      hashValue(slot, at),
      hashValue(word, at),
    ]),
  );

const accountOverrideValue: Reader<AccountOverride> = (value, at) => {
  const members = new Members(value, 'override.OverrideAccount', at);
  return {
    nonce: members.optional('nonce', uint64Value),
    code: members.optional('code', bytesValue),
    balance: members.optional('balance', bigValue),
    state: members.optional('state', storageValue),
    stateDiff: members.optional('stateDiff', storageValue),
    movePrecompileTo: members.optional('movePrecompileToAddress', addressValue),
  };
};

export const stateOverridesValue: Reader<StateOverrides> = (value, at) =>
  new Map(
    Object.entries(objectValue(value, 'override.StateOverride', at)).map(([address, override]) => {
      if (override === null) throw mistyped('null', 'override.OverrideAccount', at);
      return [addressValue(address, at), accountOverrideValue(override, at)];
    }),
  );

export const blockOverridesValue: Reader<BlockOverrides> = (value, at) => {
  const members = new Members(value, 'override.BlockOverrides', at);
  const number = members.optional('number', bigValue);
  const time = members.optional('time', uint64Value);
  return {
    number,
    time: time ?? members.optional('timestamp', uint64Value),
    gasLimit: members.optional('gasLimit', uint64Value),
    feeRecipient: members.optional('feeRecipient', addressValue) ?? members.optional('coinbase', addressValue),
    prevRandao: members.optional('prevRandao', hashValue) ?? members.optional('random', hashValue),
    baseFeePerGas: members.optional('baseFeePerGas', bigValue) ?? members.optional('baseFee', bigValue),
    blobBaseFee: members.optional('blobBaseFee', bigValue),
  };
};

const simulatedBlockValue: Reader<SimulatedBlock> = (value, at) => {
  const members = new Members(value, 'ethapi.simBlock', at);
  return {
    blockOverrides: members.optional('blockOverrides', blockOverridesValue) ?? NO_BLOCK_OVERRIDES,
    stateOverrides: members.optional('stateOverrides', stateOverridesValue) ?? new Map(),
    calls: members.optional('calls', listValue('[]ethapi.TransactionArgs', callValue)) ?? [],
  };
};

export const simulateValue: Reader<SimulateRequest> = (value, at) => {
  const members = new Members(value, 'ethapi.simOpts', at);
  return {
    blocks: members.optional('blockStateCalls', listValue('[]ethapi.simBlock', simulatedBlockValue)) ?? [],
    traceTransfers: members.optional('traceTransfers', booleanValue) ?? false,
    validation: members.optional('validation', booleanValue) ?? false,
    returnFullTransactions: members.optional('returnFullTransactions', booleanValue) ?? false,
  };
};
