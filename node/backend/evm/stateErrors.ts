import { EvmError } from '../../../chain/evm/errors.ts';
import { PrecompileFault } from '../../../chain/evm/precompiles/fault.ts';
import { serverError } from '../../rpc/eth/ethError.ts';

/** Runs what reads an old state: that the node no longer has it is the caller's business, any other failure the node's. */
export async function stateErrors<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const missing = missingState(error);
    throw missing === undefined ? error : serverError(`historical state ${missing} is not available`);
  }
}

/** Hash of the state, or of the part of it, that is not there. */
function missingState(error: unknown): string | undefined {
  const cause = error instanceof PrecompileFault ? error.cause : error;
  if (!(cause instanceof EvmError) || cause.code !== 'STATE_MISSING') return undefined;
  const hash = cause.data.root ?? cause.data.node ?? cause.data.hash;
  return typeof hash === 'string' ? hash.replace(/^0x/, '') : '';
}
