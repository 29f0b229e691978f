import { bytesHex } from '../../../../chain/evm/crypto.ts';
import type { EvmBlockRecord } from '../../../../chain/evm/types.ts';
import { optional, readArgs, required } from '../args.ts';
import type { EvmBackend } from '../backend.ts';
import { type BlockRef, blockNumberValue, blockValue, LATEST } from '../blockParam.ts';
import { type EthHandlers, findBlock, stateBlock } from '../ethContext.ts';
import { serverError } from '../ethError.ts';
import { rawBlock, rawReceipt } from '../rawEncoding.ts';
import { callValue } from '../request.ts';
import { DEFAULT_TRACE, traceCallOptionsValue, traceOptionsValue } from '../traceOptions.ts';
import { hashValue } from '../values.ts';

/** Traces and raw encodings. */
export function debugMethods(backend: EvmBackend): EthHandlers {
  const { run } = backend;
  const known = async (ref: BlockRef): Promise<EvmBlockRecord> => {
    const block = await findBlock(backend, ref);
    if (block !== undefined) return block;
    throw serverError(`block ${ref.kind === 'hash' ? ref.hash : `#${numberText(ref)}`} not found`);
  };
  const traceBlock = async (ref: BlockRef, options = DEFAULT_TRACE): Promise<unknown> => {
    const block = await known(ref);
    if (block.header.number === 0n) throw serverError('genesis is not traceable');
    const results = await run.traceBlock(block, { from: 0, to: block.txs.length }, options);
    return results.map((result, i) => ({ txHash: block.receipts[i]?.txHash, result }));
  };

  return {
    debug_traceTransaction: async (params) => {
      const [hash, options] = readArgs(params, [required(hashValue), optional(traceOptionsValue)]);
      const at = await backend.location(hash);
      const block = at === undefined ? undefined : await backend.block(at.block);
      if (at === undefined || block === undefined) throw serverError('transaction not found');
      const range = { from: at.position, to: at.position + 1 };
      const [result] = await run.traceBlock(block, range, options ?? DEFAULT_TRACE);
      return result;
    },
    debug_traceCall: async (params) => {
      const [request, ref, options] = readArgs(params, [
        required(callValue),
        optional(blockValue),
        optional(traceCallOptionsValue),
      ]);
      const { overrides, blockOverrides, trace } = options ?? traceCallOptionsValue({}, { arg: 2 });
      const block = await stateBlock(backend, ref ?? LATEST);
      return run.traceCall(request, { block, overrides, blockOverrides }, trace);
    },
    debug_traceBlockByNumber: (params) =>
      traceBlock(...readArgs(params, [required(blockNumberValue), optional(traceOptionsValue)])),
    debug_traceBlockByHash: (params) => {
      const [hash, options] = readArgs(params, [required(hashValue), optional(traceOptionsValue)]);
      return traceBlock({ kind: 'hash', hash }, options);
    },
    debug_getRawBlock: async (params) => bytesHex(rawBlock(await known(...readArgs(params, [required(blockValue)])))),
    debug_getRawHeader: async (params) => {
      const { header } = await known(...readArgs(params, [required(blockValue)]));
      return bytesHex(header.serialize());
    },
    debug_getRawReceipts: async (params) => {
      const { receipts } = await known(...readArgs(params, [required(blockValue)]));
      return receipts.map((receipt) => bytesHex(rawReceipt(receipt)));
    },
    debug_getRawTransaction: async (params) => {
      const [hash] = readArgs(params, [required(hashValue)]);
      const at = await backend.location(hash);
      const mined = at === undefined ? undefined : (await backend.block(at.block))?.txs[at.position];
      return bytesHex(mined ?? backend.pool.get(hash)?.raw ?? new Uint8Array());
    },
  };
}

function numberText(ref: Exclude<BlockRef, { kind: 'hash' }>): string {
  return ref.kind === 'number' ? ref.number.toString() : ref.tag;
}
