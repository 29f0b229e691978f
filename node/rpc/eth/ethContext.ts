import type { EvmBlockRecord } from '../../../chain/evm/types.ts';
import type { EvmBackend } from './backend.ts';
import type { BlockRef } from './blockParam.ts';
import { serverError } from './ethError.ts';

/** A method after its parameters' types are forgotten. */
export type EthHandler = (params: readonly unknown[]) => Promise<unknown>;
export type EthHandlers = Readonly<Record<string, EthHandler>>;

/** The number that a reference means now; `pending` is the newest block here. Undefined for a hash. */
export function blockNumberOf({ heads }: EvmBackend, ref: Exclude<BlockRef, { kind: 'hash' }>): bigint {
  if (ref.kind === 'number') return ref.number;
  switch (ref.tag) {
    case 'earliest':
      return 0n;
    case 'safe':
      return heads.safe;
    case 'finalized':
      return heads.finalized;
    default:
      return heads.latest;
  }
}

export async function findBlock(backend: EvmBackend, ref: BlockRef): Promise<EvmBlockRecord | undefined> {
  if (ref.kind === 'hash') return backend.blockByHash(ref.hash);
  const number = blockNumberOf(backend, ref);
  return number > backend.heads.latest ? undefined : backend.block(number);
}

/** The block whose state is asked for. @throws EthRpcError SERVER */
export async function stateBlock(backend: EvmBackend, ref: BlockRef): Promise<EvmBlockRecord> {
  const block = await findBlock(backend, ref);
  if (block === undefined) throw serverError(ref.kind === 'hash' ? 'header for hash not found' : 'header not found');
  return block;
}
