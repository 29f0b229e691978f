import {
  type BlockOverrides,
  blockOverridesValue,
  NO_BLOCK_OVERRIDES,
  type StateOverrides,
  stateOverridesValue,
} from './request.ts';
import {
  booleanValue,
  integerValue,
  invalid,
  Members,
  objectValue,
  type Place,
  type Reader,
  stringValue,
} from './values.ts';

export interface TraceOptions {
  /** Undefined: the list of steps. */
  readonly tracer: string | undefined;
  readonly config: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number | undefined;
  readonly enableMemory: boolean;
  readonly disableStack: boolean;
  readonly disableStorage: boolean;
  readonly enableReturnData: boolean;
  /** Steps recorded at most; 0: as many as the node allows. */
  readonly limit: number;
}

const UNITS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6 };

/** A duration as Go writes it (`5s`, `1m30s`), in milliseconds. */
function durationMs(text: string, at: Place): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/gy)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw invalid(`time: invalid duration "${text.slice(0, 32)}"`, at);
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0);
}

export const DEFAULT_TRACE: TraceOptions = {
  tracer: undefined,
  config: {},
  timeoutMs: undefined,
  enableMemory: false,
  disableStack: false,
  disableStorage: false,
  enableReturnData: false,
  limit: 0,
};

export const traceOptionsValue: Reader<TraceOptions> = (value, at) => {
  const members = new Members(value, 'tracers.TraceConfig', at);
  const timeout = members.optional('timeout', stringValue);
  const tracer = members.optional('tracer', stringValue);
  return {
    tracer: tracer === '' ? undefined : tracer,
    config: members.optional('tracerConfig', (of, place) => objectValue(of, 'json.RawMessage', place)) ?? {},
    timeoutMs: timeout === undefined ? undefined : durationMs(timeout, at),
    enableMemory: members.optional('enableMemory', booleanValue) ?? false,
    disableStack: members.optional('disableStack', booleanValue) ?? false,
    disableStorage: members.optional('disableStorage', booleanValue) ?? false,
    enableReturnData: members.optional('enableReturnData', booleanValue) ?? false,
    limit: Math.max(0, members.optional('limit', integerValue) ?? 0),
  };
};

export interface TraceCallOptions {
  readonly trace: TraceOptions;
  readonly overrides: StateOverrides;
  readonly blockOverrides: BlockOverrides;
}

export const traceCallOptionsValue: Reader<TraceCallOptions> = (value, at) => {
  const members = new Members(value, 'tracers.TraceCallConfig', at);
  return {
    trace: traceOptionsValue(value, at),
    overrides: members.optional('stateOverrides', stateOverridesValue) ?? new Map(),
    blockOverrides: members.optional('blockOverrides', blockOverridesValue) ?? NO_BLOCK_OVERRIDES,
  };
};
