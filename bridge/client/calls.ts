import { encodeFunctionData, toHex } from 'viem';
import { rollupAbi } from './abi.ts';
import type { RollupCalls } from './interface.ts';
import type { Address, EscapeLeaf, Hex, L1Call, Proof, RollupParameters } from './types.ts';
import { batchInput, queueItemWords, xBody } from './units.ts';

/** Unsigned calls of one deployment. Pure. */
export function rollupCalls(to: Address, fees: Pick<RollupParameters, 'queueFee' | 'registrationFee'>): RollupCalls {
  const call = (data: Hex, value = 0n): L1Call => ({ to, data, value });
  const depositValue = (token: number, amount: bigint) => fees.queueFee + (token === 0 ? amount : 0n);
  return {
    registerToken: (erc20) =>
      call(encodeFunctionData({ abi: rollupAbi, functionName: 'registerToken', args: [erc20] }), fees.registrationFee),
    depositNew: ({ token, amount, key, owner }) =>
      call(
        encodeFunctionData({
          abi: rollupAbi,
          functionName: 'depositNew',
          args: [token, amount, key[0], key[1], owner],
        }),
        depositValue(token, amount),
      ),
    depositTo: ({ index, token, amount }) =>
      call(
        encodeFunctionData({ abi: rollupAbi, functionName: 'depositTo', args: [index, token, amount] }),
        depositValue(token, amount),
      ),
    forcedExit: (index) =>
      call(encodeFunctionData({ abi: rollupAbi, functionName: 'forcedExit', args: [index] }), fees.queueFee),
    depositToFor: ({ index, token, amount, refundTo }) =>
      call(
        encodeFunctionData({ abi: rollupAbi, functionName: 'depositToFor', args: [index, token, amount, refundTo] }),
        depositValue(token, amount),
      ),
    commitBatch: (closed, evm) =>
      call(
        encodeFunctionData({
          abi: rollupAbi,
          functionName: 'commitBatch',
          args: [batchInput(closed, evm), toHex(closed.commitment.body), toHex(evm.data)],
        }),
      ),
    proveBatches: (batches) =>
      call(
        encodeFunctionData({
          abi: rollupAbi,
          functionName: 'proveBatches',
          args: [
            batches.map(({ posted }) => posted.stored),
            batches.map(({ posted }) => toHex(xBody(posted.body, posted.stored))),
            batches.map(({ proof }) => solidityProof(proof)),
          ],
        }),
      ),
    submitProvenBatch: (closed, evm, proof) =>
      call(
        encodeFunctionData({
          abi: rollupAbi,
          functionName: 'submitProvenBatch',
          args: [batchInput(closed, evm), toHex(closed.commitment.body), toHex(evm.data), solidityProof(proof)],
        }),
      ),
    revertBatches: (oldest) =>
      call(encodeFunctionData({ abi: rollupAbi, functionName: 'revertBatches', args: [oldest.stored] })),
    withdraw: (token, owner) =>
      call(encodeFunctionData({ abi: rollupAbi, functionName: 'withdraw', args: [token, owner] })),
    resign: () => call(encodeFunctionData({ abi: rollupAbi, functionName: 'resign' })),
    freeze: () => call(encodeFunctionData({ abi: rollupAbi, functionName: 'freeze' })),
    escape: ({ index, state, a, b, c }, proof, controller) =>
      call(
        controller === undefined
          ? encodeFunctionData({
              abi: rollupAbi,
              functionName: 'escape',
              args: [BigInt(index), state, a, b, c, solidityProof(proof)],
            })
          : encodeFunctionData({
              abi: rollupAbi,
              functionName: 'escapeControlled',
              args: [
                solidityLeaf({ index, state, a, b, c }),
                solidityProof(proof),
                solidityLeaf(controller.leaf),
                solidityProof(controller.proof),
              ],
            }),
      ),
    refund: ({ queueIndex, item }) =>
      call(encodeFunctionData({ abi: rollupAbi, functionName: 'refund', args: [queueIndex, queueItemWords(item)] })),
  };
}

/** viem wants mutable-looking tuples of exactly this form. */
export function solidityProof({ a, b, c }: Proof) {
  return { a, b, c } as const;
}

export function solidityLeaf({ index, ...words }: EscapeLeaf) {
  return { index: BigInt(index), ...words } as const;
}
