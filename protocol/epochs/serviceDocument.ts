import { AMOUNT_LIMIT } from '../account.ts';
import { canonicalJson, parseCanonicalJson } from '../documents/canonicalJson.ts';
import { ProtocolError } from '../errors.ts';
import { big, int, type JsonCodec, malformed, object, uint } from '../json.ts';
import { EpochError } from './epochError.ts';

/** What a service is: whoever has another document has another service. Amounts in the base units of the service's token. */
export interface ServiceDocument {
  readonly version: 1;
  readonly name: string;
  readonly task: string;
  /** Seconds (Unix time): when epoch 0 begins. */
  readonly start: number;
  readonly epochSeconds: number;
  /** The last part of an epoch, in which scores are revealed; before it they are committed to. */
  readonly revealSeconds: number;
  /** The most that an epoch pays. */
  readonly emission: bigint;
  readonly minStake: bigint;
  readonly maxEvaluators: number;
  readonly maxProviders: number;
  /** Of the stake, in 1/65535: how much must support a weight for it to count. */
  readonly kappa: number;
  /** How much of a bond above consensus is cut off, in 1/65535. */
  readonly bondsPenalty: number;
  /** How much of the bonds of the epoch before stays, in 1/1000000. */
  readonly bondsMovingAverage: number;
}

export const MAX_EVALUATORS = 256;
export const MAX_PROVIDERS = 4096;
/** UTF-8 bytes. */
const MAX_DOCUMENT_BYTES = 4_096;
const MAX_TEXT = 256;

function within(least: number, most: number): JsonCodec<number> {
  return {
    encode: int.encode,
    decode: (json) => {
      const value = int.decode(json);
      if (value < least || value > most) throw malformed(`integer from ${least} to ${most}`);
      return value;
    },
  };
}

const text: JsonCodec<string> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'string' || json.length === 0 || json.length > MAX_TEXT) throw malformed('text');
    return json;
  },
};

const amount: JsonCodec<bigint> = {
  encode: big.encode,
  decode: (json) => {
    const value = big.decode(json);
    if (value >= AMOUNT_LIMIT) throw malformed('amount');
    return value;
  },
};

const version: JsonCodec<1> = {
  encode: () => 1,
  decode: (json) => {
    if (json !== 1) throw malformed('version 1');
    return 1;
  },
};

const codec = object<ServiceDocument>({
  version,
  name: text,
  task: text,
  start: uint(40),
  epochSeconds: within(2, 2 ** 32),
  revealSeconds: within(1, 2 ** 32),
  emission: amount,
  minStake: amount,
  maxEvaluators: within(1, MAX_EVALUATORS),
  maxProviders: within(1, MAX_PROVIDERS),
  kappa: uint(16),
  bondsPenalty: uint(16),
  bondsMovingAverage: within(0, 1_000_000),
});

/** The document's one text; its SHA-256 is the service's artefact. @throws EpochError BAD_SERVICE_DOCUMENT */
export function serviceDocumentText(document: ServiceDocument): string {
  return checked(() => {
    const json = codec.encode(document);
    check(codec.decode(json));
    return canonicalJson(json);
  });
}

/** Exactly the canonical text. @throws EpochError BAD_SERVICE_DOCUMENT */
export function parseServiceDocument(source: string): ServiceDocument {
  return checked(() => {
    if (new TextEncoder().encode(source).length > MAX_DOCUMENT_BYTES) throw malformed('document of at most 4 KiB');
    const document = codec.decode(parseCanonicalJson(source));
    check(document);
    return document;
  });
}

function check({ revealSeconds, epochSeconds }: ServiceDocument): void {
  if (revealSeconds >= epochSeconds) throw malformed('revealSeconds below epochSeconds');
}

function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new EpochError('BAD_SERVICE_DOCUMENT', cause.data, { cause });
  }
}

/** Seconds: when epoch `epoch` begins; it ends when the next one begins. */
export function epochStart(document: Pick<ServiceDocument, 'start' | 'epochSeconds'>, epoch: number): number {
  return document.start + epoch * document.epochSeconds;
}

/** From this time on scores of the epoch are revealed, and commitments come too late. */
export function revealStart(document: ServiceDocument, epoch: number): number {
  return epochStart(document, epoch + 1) - document.revealSeconds;
}

/** The epoch that a time (seconds) is in; −1 before the first. */
export function epochAt(document: Pick<ServiceDocument, 'start' | 'epochSeconds'>, time: number): number {
  return time < document.start ? -1 : Math.floor((time - document.start) / document.epochSeconds);
}
