import type { RpcMethod, RpcMethods, Wire } from './rpcTypes.ts';

interface Entry<M extends RpcMethod> {
  readonly Method: M;
  readonly Parameters: RpcMethods[M]['params'];
  readonly ReturnType: Wire<RpcMethods[M]['result']>;
}

/** The members of a union as a tuple; their order has no meaning. */
type LastOf<U> = (U extends unknown ? (x: () => U) => void : never) extends (x: infer F) => void
  ? F extends () => infer L
    ? L
    : never
  : never;
type Entries<U extends RpcMethod, L extends RpcMethod = LastOf<U>> = [U] extends [never]
  ? readonly []
  : readonly [...Entries<Exclude<U, L>>, Entry<L>];

/** The `engram_*` methods in viem's form: `client.request({ method, params })` is typed by it. */
export type EngramRpcSchema = Entries<RpcMethod>;
