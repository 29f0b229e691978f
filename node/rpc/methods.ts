import { z } from 'zod';
import { bigintToBytes, bytesToHex } from '../../protocol/bytes.ts';
import { closedBatchToJson } from '../../protocol/serialize.ts';
import type { RpcMethod, RpcMethods } from '../../sdk/rpcTypes.ts';
import { registerAiMethods } from './aiMethods.ts';
import type { NodeBackend } from './backend.ts';
import { RpcCode, RpcError } from './errors.ts';
import {
  accountIndexParam,
  addressParam,
  batchNumberParam,
  batchParam,
  blockParam,
  hashParam,
  keyParams,
  stateParam,
  transactionParam,
} from './params.ts';

/** A method after its parameters' types are forgotten: parses them, then answers. */
export type Handler = (params: readonly unknown[]) => Promise<unknown>;
/** Made without a prototype: `constructor` or `__proto__` is not a method. */
export type MethodTable = Readonly<Record<string, Handler | undefined>>;

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

export function methodTable(backend: NodeBackend): MethodTable {
  const table = Object.create(null) as Record<string, Handler | undefined>;

  const method: RegisterMethod = (name, schema, run) => {
    table[name] = async (params) => run(parseParams(schema, params));
  };
  const none = z.tuple([]);

  method('engram_chainInfo', none, () => backend.chainInfo());
  method('engram_getFees', none, () => backend.fees());
  method('engram_sendTransaction', z.tuple([transactionParam]), async ([bytes]) => {
    const hash = await backend.sendTransaction(bytes);
    return `0x${bytesToHex(bigintToBytes(hash, 32))}` as const;
  });
  method('engram_getTransactionStatus', z.tuple([hashParam]), ([hash]) => backend.transactionStatus(hash));
  method('engram_getAccount', z.tuple([accountIndexParam]), async ([index]) => (await backend.account(index)) ?? null);
  method('engram_getAccountsByKey', keyParams, (key) => backend.accountsByKey(key));
  method('engram_getAccountsByAddress', z.tuple([addressParam]), ([address]) => backend.accountsByAddress(address));
  method(
    'engram_getAccountProof',
    z.union([z.tuple([accountIndexParam]), z.tuple([accountIndexParam, stateParam])]),
    ([index, state = 'proven']) => backend.accountProof(index, state),
  );
  method('engram_getBatch', z.tuple([batchParam]), async ([batch]) => (await backend.batch(batch)) ?? null);
  method('engram_getClosedBatch', z.tuple([batchNumberParam]), async ([number]) => {
    const closed = await backend.closedBatch(number);
    return closed === undefined ? null : closedBatchToJson(closed);
  });
  method('engram_getBlock', z.tuple([blockParam]), async ([block]) => (await backend.block(block)) ?? null);
  registerAiMethods(method, backend);
  return table;
}
