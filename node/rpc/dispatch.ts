import { INTERNAL_ERROR, publicError, RpcCode, RpcError, type RpcErrorObject } from './errors.ts';
import { toJson } from './json.ts';
import type { Handler } from './methods.ts';

type RpcId = string | number | null;

interface RpcResponse {
  readonly jsonrpc: '2.0';
  readonly id: RpcId;
  readonly result?: unknown;
  readonly error?: RpcErrorObject;
}

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

function failure(id: RpcId, error: RpcError): RpcResponse {
  return { jsonrpc: '2.0', id, error: error.toObject() };
}

/** The text of an error that belongs to no call. */
export function failureText(error: RpcError): string {
  return toJson(failure(null, error));
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
    return failureText(new RpcError(RpcCode.PARSE_ERROR, 'PARSE_ERROR', 'the body is not JSON'));
  }
  if (!Array.isArray(request)) {
    const response = await call(request, deps);
    return response === undefined ? undefined : toJson(response);
  }
  if (request.length === 0) {
    return failureText(new RpcError(RpcCode.INVALID_REQUEST, 'INVALID_REQUEST', 'an empty batch'));
  }
  if (request.length > batchLimit) {
    const message = `at most ${batchLimit} calls in a batch`;
    return failureText(new RpcError(RpcCode.INVALID_REQUEST, 'BATCH_TOO_LARGE', message, { batchLimit }));
  }
  return answerBatch(request, deps);
}

/** One call after the other: a batch must not take more of the node at once than single calls do. */
async function answerBatch(calls: readonly unknown[], deps: DispatchDependencies): Promise<string | undefined> {
  const answers: string[] = [];
  let length = 0;
  for (const single of calls) {
    const response = await call(single, length > MAX_ANSWER ? REFUSING : deps);
    if (response === undefined) continue;
    const answer = toJson(response);
    length += answer.length;
    answers.push(answer);
  }
  return answers.length === 0 ? undefined : `[${answers.join(',')}]`;
}

const REFUSING: DispatchDependencies = {
  method: () => async () => {
    throw new RpcError(
      RpcCode.LIMIT_EXCEEDED,
      'ANSWER_TOO_LARGE',
      'the answers to this batch are too long: ask for less',
    );
  },
  onHiddenError: () => undefined,
};

async function call(request: unknown, deps: DispatchDependencies): Promise<RpcResponse | undefined> {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    return failure(null, new RpcError(RpcCode.INVALID_REQUEST, 'INVALID_REQUEST', 'a call must be an object'));
  }
  const { jsonrpc, method, params = [], id } = request as Record<string, unknown>;
  const echoed = isId(id) ? id : null;
  if (jsonrpc !== '2.0' || typeof method !== 'string' || (id !== undefined && !isId(id))) {
    return failure(
      echoed,
      new RpcError(
        RpcCode.INVALID_REQUEST,
        'INVALID_REQUEST',
        'expected jsonrpc "2.0", a method and a string or number id',
      ),
    );
  }
  const started = performance.now();
  const handler = deps.method(method);
  try {
    if (handler === undefined) {
      throw new RpcError(RpcCode.METHOD_NOT_FOUND, 'METHOD_NOT_FOUND', 'there is no such method');
    }
    if (!Array.isArray(params)) {
      throw new RpcError(RpcCode.INVALID_PARAMS, 'INVALID_PARAMS', 'params must be an array (by position)');
    }
    const result = await handler(params);
    deps.onCall?.(method, 'ok', (performance.now() - started) / 1000);
    return id === undefined ? undefined : { jsonrpc: '2.0', id: echoed, result: result ?? null };
  } catch (error) {
    deps.onCall?.(handler === undefined ? 'unknown' : method, 'error', (performance.now() - started) / 1000);
    const shown = publicError(error);
    if (shown === undefined) deps.onHiddenError(error, method);
    return id === undefined ? undefined : failure(echoed, shown ?? INTERNAL_ERROR);
  }
}

function isId(id: unknown): id is RpcId {
  return (
    id === null ||
    (typeof id === 'string' && id.length <= MAX_ID_LENGTH) ||
    (typeof id === 'number' && Number.isFinite(id))
  );
}
