/** A ServiceLedger as JSON, and back: an evaluator that starts again goes on from it instead of from batch 1. */
import { ProtocolError } from '../errors.ts';
import {
  big,
  bool,
  fieldWord,
  index,
  int,
  type Json,
  type JsonCodec,
  list,
  malformed,
  object,
  oneOf,
  optional,
  uint,
} from '../json.ts';
import type { AccountIndex, Field } from '../types.ts';
import type { Debt } from './debts.ts';
import { EpochError } from './epochError.ts';
import type { Weight } from './memo.ts';
import type { Participant } from './participants.ts';
import type { AccountBonds, EpochInput, Payment } from './payout.ts';
import type { Ignored, IgnoredReason, ScoreBookState } from './scoreBook.ts';
import type { ServiceAccountsState, ServiceChannel } from './serviceAccounts.ts';
import { serviceDocumentText } from './serviceDocument.ts';
import type { OpenEpoch, ServiceLedgerOptions, ServiceLedgerState } from './serviceLedger.ts';
import type { PayoutTransaction } from './verifyPayout.ts';

const VERSION = 2;

const REASONS: readonly IgnoredReason[] = [
  'MALFORMED',
  'NOT_AN_EVALUATOR',
  'EARLY',
  'LATE',
  'NO_COMMITMENT',
  'OTHER_SCORES',
  'SECOND_REVEAL',
];

function pair<A, B>(a: JsonCodec<A>, b: JsonCodec<B>): JsonCodec<readonly [A, B]> {
  return {
    encode: ([first, second]) => [a.encode(first), b.encode(second)],
    decode: (json) => {
      if (!Array.isArray(json) || json.length !== 2) throw malformed('pair');
      return [a.decode(json[0]), b.decode(json[1])];
    },
  };
}

function map<K, V>(key: JsonCodec<K>, value: JsonCodec<V>): JsonCodec<ReadonlyMap<K, V>> {
  const entries = list(pair(key, value));
  return { encode: (values) => entries.encode([...values]), decode: (json) => new Map(entries.decode(json)) };
}

const rowsOf = list(pair(index, uint(16)));
const bonds: JsonCodec<AccountBonds> = list(pair(index, rowsOf));
const weights: JsonCodec<readonly Weight[]> = rowsOf;

interface ParticipantJson extends Omit<Participant, 'agent'> {
  readonly agent: AccountIndex | undefined;
}
const participantMembers = object<ParticipantJson>({
  uid: int,
  account: index,
  agent: optional(index),
  stake: big,
  isEvaluator: bool,
  isProvider: bool,
});
const participant: JsonCodec<Participant> = {
  encode: (value) => participantMembers.encode({ agent: undefined, ...value }),
  decode: (json) => {
    const { agent, ...rest } = participantMembers.decode(json);
    return agent === undefined ? rest : { ...rest, agent };
  },
};

const ignored = object<Ignored>({
  account: index,
  kind: oneOf(['COMMIT', 'REVEAL']),
  epoch: uint(32),
  reason: oneOf(REASONS),
  batch: int,
});

const scores = object<ScoreBookState>({
  commitments: map(index, fieldWord),
  reveals: map(index, weights),
  ignored: list(ignored),
  ignoredMore: int,
});

const over = object<EpochInput>({
  epoch: int,
  participants: list(participant),
  bonds,
  reveals: map(index, weights),
  ignored: list(ignored),
  ignoredMore: int,
  pool: big,
});

const payment: JsonCodec<Payment> = pair(index, big);
const payout = object<PayoutTransaction>({
  epoch: uint(32),
  batch: int,
  position: int,
  part: uint(16),
  parts: uint(16),
  resultHash: fieldWord,
  payments: list(payment),
});

const channel = object<ServiceChannel>({
  terms: object<ServiceChannel['terms']>({ payer: index, provider: index, expiry: uint(40) }),
  balance: big,
});

const accounts = object<ServiceAccountsState>({
  service: optional(
    object<{ keeper: AccountIndex; token: number; pool: bigint }>({ keeper: index, token: uint(16), pool: big }),
  ),
  channels: map(index, channel),
  agents: map(index, index),
  tokens: map(index, uint(16)),
});

const open = object<OpenEpoch>({
  ...{ epoch: int, participants: list(participant), bonds, ranked: list(index), pool: big, scores },
});

const debt = object<Debt>({ epoch: int, owed: list(payment) });

const state = object<ServiceLedgerState>({
  batch: int,
  timestamp: int,
  accounts,
  open: optional(open),
  over: list(over),
  debts: list(debt),
  payouts: list(payout),
});

const text: JsonCodec<string> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'string') throw malformed('string');
    return json;
  },
};

interface Snapshot {
  readonly version: number;
  readonly service: AccountIndex;
  readonly domain: Field;
  readonly document: string;
  readonly state: ServiceLedgerState;
}
const snapshot = object<Snapshot>({ version: int, service: index, domain: fieldWord, document: text, state });

export function ledgerToJson({ service, domain, document }: ServiceLedgerOptions, value: ServiceLedgerState): Json {
  return snapshot.encode({ version: VERSION, service, domain, document: serviceDocumentText(document), state: value });
}

/** @throws EpochError BAD_SNAPSHOT */
export function ledgerFromJson(options: ServiceLedgerOptions, json: Json): ServiceLedgerState {
  const { service, domain, document } = options;
  let found: Snapshot;
  try {
    found = snapshot.decode(json);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new EpochError('BAD_SNAPSHOT', cause.data, { cause });
  }
  const isOwn =
    found.version === VERSION &&
    found.service === service &&
    found.domain === domain &&
    found.document === serviceDocumentText(document);
  if (!isOwn) throw new EpochError('BAD_SNAPSHOT', { service: found.service, version: found.version });
  return found.state;
}
