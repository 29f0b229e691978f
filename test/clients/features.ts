/** What every client has to be able to do, and the report of who could. */
import type { Network } from './network.ts';
import type { Mismatch, SchemaBook } from './schemas.ts';

export const FEATURES = [
  'deploy an ERC-20',
  'read state',
  'transaction types 0, 1, 2',
  'EIP-7702',
  'receipts',
  'logs',
  'filters',
  'subscriptions',
  'OpenZeppelin Governor',
  'gas estimates',
  'revert reasons',
  'traces',
  'eth_getProof verifies',
  'fee history',
  'simulation',
  'multicall',
  'state overrides',
  'access lists',
  'nonces',
  'replacement',
  'blocks and headers',
  'transaction pool',
  'permit',
] as const;
export type Feature = (typeof FEATURES)[number];

/** A client's way to do each; what it has no way to do is absent. Run in the order of FEATURES. */
export type Features = Readonly<Partial<Record<Feature, () => Promise<void>>>>;

export interface ClientSuite {
  readonly client: string;
  /** `network`'s URLs are those of the recorder. */
  features(network: Network): Features;
  /** Closes connections. */
  stop(): Promise<void>;
}

export interface ClientsReport {
  readonly target: string;
  readonly isOk: boolean;
  /** Client, feature, whether it worked. */
  readonly features: Readonly<Record<string, Readonly<Partial<Record<Feature, boolean>>>>>;
  /** Answers checked, by method and document. */
  readonly methods: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly answersChecked: number;
  readonly withoutSchema: readonly string[];
  readonly errorAnswers: Readonly<Record<string, number>>;
  readonly mismatches: readonly Mismatch[];
}

export function clientsReport(
  target: string,
  outcomes: ReadonlyMap<string, ReadonlyMap<Feature, boolean>>,
  book: SchemaBook,
): ClientsReport {
  const counts = [...book.checked.values()].flatMap((documents) => Math.max(...documents.values()));
  const isOk =
    book.mismatches.length === 0 && [...outcomes.values()].every((done) => [...done.values()].every(Boolean));
  return {
    target,
    isOk,
    features: Object.fromEntries([...outcomes].map(([client, done]) => [client, Object.fromEntries(done)])),
    methods: Object.fromEntries([...book.checked].sort().map(([method, by]) => [method, Object.fromEntries(by)])),
    answersChecked: counts.reduce((sum, count) => sum + count, 0),
    withoutSchema: [...book.unknown].sort(),
    errorAnswers: Object.fromEntries([...book.failures].sort()),
    mismatches: book.mismatches,
  };
}
