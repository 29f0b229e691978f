import { type RecordCodec, record, shapeName, text } from '../../chain/records.ts';
import {
  big,
  bool,
  fieldWord,
  int,
  type JsonCodec,
  list,
  malformed,
  object,
  oneOf,
  optional,
} from '../../protocol/json.ts';
import type { Field, ShapeName } from '../../protocol/types.ts';
import type { HistoryEntry, L1Cost, OpcodeName } from '../../sdk/explorerTypes.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';

/** Changes when stored records change their meaning: an index of another version is made anew. */
export const VERSION = 1;

/** A closed batch that is indexed: enough to see whether the chain still has this one. */
export interface ClosedMark {
  readonly number: number;
  readonly lastBlock: bigint;
  readonly newRoot: Field;
  readonly shape: ShapeName;
}

/** How far the chain is indexed. */
export interface Cursor {
  readonly version: number;
  readonly domain: bigint;
  /** The block the index began behind: 0, or that of the snapshot the chain began with. */
  readonly base: bigint;
  /** Blocks and closes so far. */
  readonly step: number;
  readonly block: bigint;
  readonly hash: bigint;
  /** The last batch whose close is indexed; undefined: none is. */
  readonly closed: ClosedMark | undefined;
  /** The number of the last batch that is over, indexed or from before the base. */
  readonly batch: number;
}

export interface TokenAmount {
  readonly token: number;
  readonly amount: bigint;
}

export interface BlockEntry {
  readonly hash: Hex;
  readonly timestamp: number;
  readonly batch: number;
  readonly l1Ops: number;
  readonly ledgerTxs: number;
  readonly evmTxs: number;
  readonly evmGasUsed: bigint;
  /** Collected in this block; credited when its batch closes. */
  readonly fees: readonly TokenAmount[];
  readonly royalties: readonly { readonly account: number; readonly amount: bigint }[];
  /** Named by its batch so far. */
  readonly feeAccounts: readonly number[];
}

export interface BatchEntry {
  /** Of its proof. */
  readonly job: string;
  readonly c: Field;
  readonly shape: ShapeName;
  readonly timestamp: number;
  /** Seconds: of its last block. */
  readonly closedAt: number;
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  readonly l1Ops: number;
  readonly ledgerTxs: number;
  readonly ops: number;
  readonly exits: number;
  readonly evmTxs: number;
  readonly oldRoot: bigint;
  readonly newRoot: bigint;
  readonly ledgerBytes: number;
  readonly evmBytes: number;
}

/** A line of an account's history, or value that leaves: where it is says its key. */
export interface HistoryRecord {
  readonly kind: HistoryEntry['kind'];
  readonly transaction: Hex | undefined;
  readonly queueIndex: bigint | undefined;
  readonly batch: number;
  readonly timestamp: number;
  readonly change: bigint;
  readonly other: number | undefined;
  readonly isVoid: boolean;
}

export interface ExitEntry {
  readonly account: number;
  readonly token: number;
  readonly amount: bigint;
  readonly transaction: Hex | undefined;
  readonly queueIndex: bigint | undefined;
  readonly batch: number;
  readonly timestamp: number;
}

export interface EvmEntry {
  readonly hash: Hex;
  readonly batch: number;
  readonly timestamp: number;
  readonly from: Hex;
  readonly to: Hex | undefined;
  readonly value: bigint;
  readonly isSuccess: boolean;
}

export interface CostEntry extends L1Cost {
  /** As `BatchEntry.job`: whose cost it is. */
  readonly job: string;
}

export interface ProofEntry {
  readonly job: string;
  readonly witness: number;
  readonly prove: number;
  readonly verify: number;
  readonly peakMemoryMB: number;
}

export interface ProofTotals {
  readonly count: number;
  readonly seconds: number;
}

/** What a step wrote: each key with what stood there before. */
export type Undo = readonly (readonly [key: string, before: string | undefined])[];

// The cast: what was written here is what `Hex` says, and wrong ones are only shown.
const hexText: JsonCodec<Hex> = { encode: text.encode, decode: (json) => text.decode(json) as Hex };

/** With a sign. */
const signed: JsonCodec<bigint> = {
  encode: (value) => value.toString(),
  decode: (json) => {
    if (typeof json !== 'string' || !/^-?(0|[1-9][0-9]{0,77})$/.test(json)) throw malformed('signed decimal string');
    return BigInt(json);
  },
};

/** A measurement, as JSON's own number. */
const measure: JsonCodec<number> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'number') throw malformed('number');
    return json;
  },
};

export const tokenAmounts = list(object<TokenAmount>({ token: int, amount: big }));

const OPCODES = ['TRANSFER', 'OPEN', 'CLAIM', 'CLOSE', 'EXIT', 'ATTEST', 'REGISTER'] as const;
export const opcodeName: JsonCodec<OpcodeName> = oneOf(OPCODES);
const KINDS = [...OPCODES, 'DEPOSIT_NEW', 'DEPOSIT_TO', 'FORCED_EXIT', 'FEES', 'ROYALTY'] as const;

export const cursorRecord: RecordCodec<Cursor> = record(
  object<Cursor>({
    version: int,
    domain: big,
    base: big,
    step: int,
    block: big,
    hash: big,
    closed: optional(object<ClosedMark>({ number: int, lastBlock: big, newRoot: fieldWord, shape: shapeName })),
    batch: int,
  }),
);

export const blockEntry: RecordCodec<BlockEntry> = record(
  object<BlockEntry>({
    hash: hexText,
    timestamp: int,
    batch: int,
    l1Ops: int,
    ledgerTxs: int,
    evmTxs: int,
    evmGasUsed: big,
    fees: tokenAmounts,
    royalties: list(object({ account: int, amount: big })),
    feeAccounts: list(int),
  }),
);

export const batchEntry: RecordCodec<BatchEntry> = record(
  object<BatchEntry>({
    job: text,
    c: fieldWord,
    shape: shapeName,
    timestamp: int,
    closedAt: int,
    firstBlock: big,
    lastBlock: big,
    l1Ops: int,
    ledgerTxs: int,
    ops: int,
    exits: int,
    evmTxs: int,
    oldRoot: big,
    newRoot: big,
    ledgerBytes: int,
    evmBytes: int,
  }),
);

export const historyRecord: RecordCodec<HistoryRecord> = record(
  object<HistoryRecord>({
    kind: oneOf<HistoryEntry['kind']>(KINDS),
    transaction: optional(hexText),
    queueIndex: optional(big),
    batch: int,
    timestamp: int,
    change: signed,
    other: optional(int),
    isVoid: bool,
  }),
);

export const exitEntry: RecordCodec<ExitEntry> = record(
  object<ExitEntry>({
    account: int,
    token: int,
    amount: big,
    transaction: optional(hexText),
    queueIndex: optional(big),
    batch: int,
    timestamp: int,
  }),
);

export const evmEntry: RecordCodec<EvmEntry> = record(
  object<EvmEntry>({
    hash: hexText,
    batch: int,
    timestamp: int,
    from: hexText,
    to: optional(hexText),
    value: big,
    isSuccess: bool,
  }),
);

export const costRecord: RecordCodec<CostEntry> = record(
  object<CostEntry>({ job: text, transaction: hexText, block: big, gasUsed: big, gasPrice: big, batches: int }),
);

export const proofEntry: RecordCodec<ProofEntry> = record(
  object<ProofEntry>({ job: text, witness: measure, prove: measure, verify: measure, peakMemoryMB: measure }),
);

export const proofTotals: RecordCodec<ProofTotals> = record(object<ProofTotals>({ count: int, seconds: measure }));

export const undoRecord: RecordCodec<Undo> = record(
  list<readonly [string, string | undefined]>({
    encode: ([key, before]) => (before === undefined ? [key] : [key, before]),
    decode: (json) => {
      const [key, before, ...rest] = list(text).decode(json);
      if (key === undefined || rest.length > 0) throw malformed('a key and what it was');
      return [key, before];
    },
  }),
);
