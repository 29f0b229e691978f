import { bytesHex } from '../../../../chain/evm/crypto.ts';
import { optional, readArgs, required } from '../args.ts';
import type { CallFailure, CallPlace, EvmBackend } from '../backend.ts';
import { type BlockRef, blockValue, LATEST } from '../blockParam.ts';
import { type EthHandlers, stateBlock } from '../ethContext.ts';
import { EthCode, EthRpcError, serverError } from '../ethError.ts';
import { quantity } from '../quantity.ts';
import {
  type BlockOverrides,
  blockOverridesValue,
  callValue,
  NO_BLOCK_OVERRIDES,
  type StateOverrides,
  simulateValue,
  stateOverridesValue,
} from '../request.ts';

/** The error of a call that failed: a revert has a code of its own, and its bytes as data. */
export function callError({ isRevert, text }: CallFailure, returnData: Uint8Array): EthRpcError {
  return isRevert ? new EthRpcError(EthCode.REVERTED, text, bytesHex(returnData)) : serverError(text);
}

/** Code that runs and leaves no trace. */
export function callMethods(backend: EvmBackend): EthHandlers {
  const { run } = backend;
  const place = async (
    ref: BlockRef = LATEST,
    overrides: StateOverrides = new Map(),
    blockOverrides: BlockOverrides = NO_BLOCK_OVERRIDES,
  ): Promise<CallPlace> => ({ block: await stateBlock(backend, ref), overrides, blockOverrides });
  const withOverrides = [
    required(callValue),
    optional(blockValue),
    optional(stateOverridesValue),
    optional(blockOverridesValue),
  ] as const;

  return {
    eth_call: async (params) => {
      const [request, ...where] = readArgs(params, withOverrides);
      const { failure, returnData } = await run.call(request, await place(...where));
      if (failure !== undefined) throw callError(failure, returnData);
      return bytesHex(returnData);
    },
    eth_estimateGas: async (params) => {
      const [request, ...where] = readArgs(params, withOverrides);
      return quantity(await run.estimateGas(request, await place(...where)));
    },
    eth_createAccessList: async (params) => {
      const [request, ref, overrides] = readArgs(params, [
        required(callValue),
        optional(blockValue),
        optional(stateOverridesValue),
      ]);
      const { accessList, gasUsed, failure } = await run.createAccessList(request, await place(ref, overrides));
      return { accessList, gasUsed: quantity(gasUsed), ...(failure !== undefined && { error: failure.text }) };
    },
    eth_simulateV1: async (params) => {
      const [request, ref] = readArgs(params, [required(simulateValue), optional(blockValue)]);
      return run.simulate(request, await stateBlock(backend, ref ?? LATEST));
    },
  };
}
