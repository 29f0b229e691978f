import type { z } from 'zod';
import type { RpcMethod, RpcMethods } from '../../sdk/rpcTypes.ts';
import { RpcCode, RpcError } from './errors.ts';

/** @throws RpcError INVALID_PARAMS naming the first parameter that is wrong */
export function parseParams<T>(schema: z.ZodType<T>, params: readonly unknown[]): T {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : `[${issue.path.join('][')}]`;
  throw new RpcError(RpcCode.INVALID_PARAMS, 'INVALID_PARAMS', `params${where}: ${issue?.message ?? 'invalid'}`);
}

/** Adds a method: its name, what its parameters must be, what answers them. */
export type RegisterMethod = <M extends RpcMethod, P>(
  name: M,
  schema: z.ZodType<P>,
  run: (params: P) => Promise<RpcMethods[M]['result']>,
) => void;
