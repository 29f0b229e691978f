import { INTERNAL_ERROR, type PublicError, publicError, RpcCode, RpcError, type RpcErrorObject } from './errors.ts';
import { EthRpcError } from './eth/ethError.ts';
import { toJson } from './json.ts';
import type { Handler } from './methods.ts';

type RpcId = string | number | null;

export interface DispatchOptions {
  /** Most calls in one batch. */
  readonly batchLimit: number;
}

/** Once a batch's answers are this long (characters), its other calls are refused: small questions can have large answers. */
const MAX_ANSWER = 16 * 2 ** 20;

export interface DispatchDependencies {
  /** Looks a method up; undefined if there is none. */
  method(name: string): Handler | undefined;
  /** Sees every error that is hidden from the caller. */
  onHiddenError(error: unknown, method: string): void;
  /** Seconds each call took. `method` is 'unknown' for names that do not exist, so that labels stay bounded. */
  onCall?(method: string, outcome: 'ok' | 'error', seconds: number): void;
}

const MAX_ID_LENGTH = 256;
const MAX_NAME_LENGTH = 256;
/** Calls of a batch that run at the same time, where their method allows it. */
const MAX_CONCURRENT = 1_000;

function failure(id: RpcId, error: PublicError): string {
  // the message of an error is plain, but its details may have bigints
  return toJson({ jsonrpc: '2.0', id, error: error.toObject() satisfies RpcErrorObject });
}

/** The text of an error that belongs to no call. */
export function failureText(error: PublicError): string {
  return failure(null, error);
}

/** One request text in, the text of the answer out; undefined if nothing is to be answered (only notifications). Never throws. */
export async function dispatch(
  text: string,
  { batchLimit }: DispatchOptions,
  deps: DispatchDependencies,
): Promise<string | undefined> {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    return failureText(new RpcError(RpcCode.PARSE_ERROR, 'PARSE_ERROR', 'parse error'));
  }
  if (!Array.isArray(request)) return answerCall(request, deps);
  if (request.length === 0) {
    return failureText(new RpcError(RpcCode.INVALID_REQUEST, 'INVALID_REQUEST', 'empty batch'));
  }
  if (request.length > batchLimit) {
    const error = new RpcError(RpcCode.INVALID_REQUEST, 'BATCH_TOO_LARGE', 'batch too large', { batchLimit });
    return `[${failure(firstId(request), error)}]`;
  }
  return answerBatch(request, deps);
}

/**
 * One call after the other: a batch must not take more of the node at once than single calls do. Neighbours of a method that
 * allows it run together, so that what they share (signature checks on threads) is done in one go.
 */
async function answerBatch(calls: readonly unknown[], deps: DispatchDependencies): Promise<string | undefined> {
  const answers: string[] = [];
  let length = 0;
  for (let at = 0; at < calls.length; ) {
    const run = calls.slice(at, at + concurrentCalls(calls, at, deps));
    at += run.length;
    const using = length > MAX_ANSWER ? REFUSING : deps;
    const [single] = run;
    const given =
      run.length === 1
        ? [await answerCall(single, using)]
        : await Promise.all(run.map((one) => answerCall(one, using)));
    for (const answer of given) {
      if (answer === undefined) continue;
      length += answer.length;
      answers.push(answer);
    }
  }
  return answers.length === 0 ? undefined : `[${answers.join(',')}]`;
}

/** How many calls from `at` on may run at the same time; at least 1. */
function concurrentCalls(calls: readonly unknown[], at: number, deps: DispatchDependencies): number {
  let end = at;
  while (end < calls.length && end - at < MAX_CONCURRENT && isConcurrent(calls[end], deps)) end += 1;
  return Math.max(1, end - at);
}

function isConcurrent(request: unknown, deps: DispatchDependencies): boolean {
  if (typeof request !== 'object' || request === null || !('method' in request)) return false;
  return typeof request.method === 'string' && deps.method(request.method)?.isConcurrent === true;
}

/** The id of the first call that has one: who sent too large a batch can tell by it which one. */
function firstId(calls: readonly unknown[]): RpcId {
  for (const single of calls) {
    if (typeof single === 'object' && single !== null && 'id' in single && isId(single.id)) return single.id;
  }
  return null;
}

const REFUSING: DispatchDependencies = {
  method: () => async () => {
    throw new RpcError(RpcCode.RESPONSE_TOO_LARGE, 'ANSWER_TOO_LARGE', 'response too large');
  },
  onHiddenError: () => undefined,
};

async function answerCall(request: unknown, deps: DispatchDependencies): Promise<string | undefined> {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    return failure(null, new RpcError(RpcCode.INVALID_REQUEST, 'INVALID_REQUEST', 'invalid request'));
  }
  const { jsonrpc, method, params, id } = request as Record<string, unknown>; // an object by the test above
  const echoed = isId(id) ? id : null;
  if (jsonrpc !== '2.0' || typeof method !== 'string' || (id !== undefined && !isId(id))) {
    return failure(echoed, new RpcError(RpcCode.INVALID_REQUEST, 'INVALID_REQUEST', 'invalid request'));
  }
  const started = performance.now();
  const handler = deps.method(method);
  try {
    if (handler === undefined) throw unknownMethod(method.slice(0, MAX_NAME_LENGTH));
    const given = params ?? [];
    if (!Array.isArray(given)) throw new RpcError(RpcCode.INVALID_PARAMS, 'INVALID_PARAMS', 'non-array args');
    const result = (await handler(given)) ?? null;
    deps.onCall?.(method, 'ok', (performance.now() - started) / 1000);
    return id === undefined ? undefined : success(echoed, result, handler.isPlainJson === true);
  } catch (error) {
    deps.onCall?.(handler === undefined ? 'unknown' : method, 'error', (performance.now() - started) / 1000);
    const shown = publicError(error);
    if (shown === undefined) deps.onHiddenError(error, method);
    return id === undefined ? undefined : failure(echoed, shown ?? INTERNAL_ERROR);
  }
}

/** Ethereum's errors have no codes of this node's own. */
function unknownMethod(name: string): PublicError & Error {
  const message = `the method ${name} does not exist/is not available`;
  return name.startsWith('engram_')
    ? new RpcError(RpcCode.METHOD_NOT_FOUND, 'METHOD_NOT_FOUND', message)
    : new EthRpcError(RpcCode.METHOD_NOT_FOUND, message);
}

function success(id: RpcId, result: unknown, isPlainJson: boolean): string {
  const shown = typeof id === 'number' ? id : JSON.stringify(id);
  return `{"jsonrpc":"2.0","id":${shown},"result":${isPlainJson ? JSON.stringify(result) : toJson(result)}}`;
}

function isId(id: unknown): id is RpcId {
  return (
    id === null ||
    (typeof id === 'string' && id.length <= MAX_ID_LENGTH) ||
    (typeof id === 'number' && Number.isFinite(id))
  );
}
