import { isCallException, isError, keccak256, toBeHex, zeroPadValue } from 'ethers';
import { failureOf, holds, present, same } from '../check.ts';
import type { Features } from '../features.ts';
import { type RpcBlock, verifyHeader } from '../headers.ts';
import { person } from '../network.ts';
import { verifyProof } from '../proof.ts';
import type { EthersWorld } from './world.ts';

/** Calls that change nothing, and blocks. */
export function ethersCalls(world: EthersWorld): Features {
  const { provider, me } = world;
  const to = person('ethers call').account.address;
  return {
    'gas estimates': async () => {
      same(await provider.estimateGas({ from: me.address, to, value: 1n }), 21_000n, 'a transfer');
      const stress = world.contract('Stress', await world.shared('Stress'));
      const gasLimit = await stress.getFunction('write').estimateGas(100, 20);
      const sent = await stress.getFunction('write').send(100, 20, { gasLimit });
      const receipt = present(await sent.wait(), 'a receipt');
      holds(receipt.gasUsed <= gasLimit, 'the estimate is enough', { gasLimit, used: receipt.gasUsed });
      if (world.network.target === 'anvil') return; // it asks nobody for the money of a plain transfer
      const from = person('ethers pauper').account.address;
      const poor = await failureOf(() => provider.estimateGas({ from, to, value: 1n }), 'an estimate without money');
      holds(isError(poor, 'INSUFFICIENT_FUNDS'), 'ethers knows the error', String(poor));
    },

    'revert reasons': async () => {
      const failures = world.contract('Failures', await world.shared('Failures'));
      const fail = async (name: string, args: readonly unknown[], how: 'staticCall' | 'estimateGas' = 'staticCall') => {
        const error = await failureOf(() => failures.getFunction(name)[how](...args), name);
        holds(isCallException(error), `${name} is an exception of the call`, String(error));
        return error;
      };
      const custom = await fail('customError', [42n]);
      same([custom.revert?.name, custom.revert?.args[0]], ['Refused', 42n], 'custom error');
      same((await fail('requireText', [1n])).reason, 'the value is too small', 'text of require');
      same((await fail('requireText', [1n], 'estimateGas')).reason, 'the value is too small', 'text in an estimate');
      const panics: readonly (readonly [string, unknown, bigint])[] = [
        ['assertion', false, 0x01n],
        ['overflow', 1n, 0x11n],
        ['division', 0n, 0x12n],
        ['item', 3n, 0x32n],
      ];
      for (const [name, arg, code] of panics) {
        const { revert } = await fail(name, [arg]);
        same([revert?.name, BigInt(revert?.args[0])], ['Panic', code], `panic of ${name}`);
      }
      same((await fail('plain', [])).data, '0x', 'a revert without data');
      const sent = await me.sendTransaction({
        to: await failures.getAddress(),
        data: failures.interface.encodeFunctionData('requireText', [1n]),
        gasLimit: 100_000,
      });
      const mined = await failureOf(() => sent.wait(), 'a transaction that fails');
      holds(isCallException(mined) && mined.receipt?.status === 0, 'its receipt', String(mined));
    },

    traces: async () => {
      const token = await world.shared('VoteToken');
      const { hash } = await world.call('VoteToken', token, 'transfer', [to, 3n]);
      const options = { tracer: 'callTracer', tracerConfig: { withLog: true } };
      const frame = await provider.send('debug_traceTransaction', [hash, options]);
      same([frame.type, frame.to, frame.logs?.length], ['CALL', token.toLowerCase(), 1], 'the outer call and its log');
      const state = await provider.send('debug_traceTransaction', [hash, { tracer: 'prestateTracer' }]);
      holds(token.toLowerCase() in state && me.address.toLowerCase() in state, 'accounts before', Object.keys(state));
      const steps = await provider.send('debug_traceTransaction', [hash, { disableStorage: true, disableStack: true }]);
      same([steps.failed, Array.isArray(steps.structLogs)], [false, true], 'steps');
    },

    'eth_getProof verifies': async () => {
      const token = await world.shared('VoteToken');
      const { blockNumber } = await world.anotherBlock();
      const slot = keccak256(`${zeroPadValue(me.address, 32)}${'0'.repeat(64)}`);
      const tag = toBeHex(blockNumber).replace(/^0x0+/, '0x');
      const proof = await provider.send('eth_getProof', [token, [slot, toBeHex(2, 32)], tag]);
      const block = present(await provider.getBlock(blockNumber), 'the block');
      verifyProof(present(block.stateRoot, 'state root') as `0x${string}`, {
        ...proof,
        balance: BigInt(proof.balance),
        nonce: BigInt(proof.nonce),
        storageProof: proof.storageProof.map((one: { value: string }) => ({ ...one, value: BigInt(one.value) })),
      });
      same(BigInt(proof.storageProof[1].value), 10n ** 24n, 'the proven supply');
    },

    'fee history': async () => {
      const fees = await provider.getFeeData();
      holds((fees.gasPrice ?? 0n) > 0n && (fees.maxFeePerGas ?? 0n) > 0n, 'fees', fees.toJSON());
      const history = await provider.send('eth_feeHistory', ['0x2', 'latest', [25, 75]]);
      same(history.baseFeePerGas.length, history.gasUsedRatio.length + 1, 'base fees');
    },

    simulation: async () => {
      const calls = [{ from: me.address, to, value: '0x1' }];
      const [block] = await provider.send('eth_simulateV1', [{ blockStateCalls: [{ calls }] }, 'latest']);
      same(block.calls[0].status, '0x1', 'a simulated call');
    },

    'state overrides': async () => {
      const balance = { [to]: { balance: '0x7b', code: '0x303160005260206000f3' } };
      const result = await provider.send('eth_call', [{ to, data: '0x' }, 'latest', balance]);
      same(BigInt(result), 123n, 'an overridden balance, read by overridden code');
    },

    'access lists': async () => {
      const token = world.contract('VoteToken', await world.shared('VoteToken'));
      const data = token.interface.encodeFunctionData('transfer', [to, 1n]);
      const call = { from: me.address, to: await token.getAddress(), data };
      const { accessList, gasUsed } = await provider.send('eth_createAccessList', [call, 'latest']);
      holds(accessList.length > 0 && BigInt(gasUsed) > 21_000n, 'list and gas', { accessList, gasUsed });
      await world.send({ ...call, accessList, type: 2 });
    },

    'blocks and headers': async () => {
      const receipt = await world.anotherBlock();
      const block = present(await provider.getBlock(receipt.blockNumber, true), 'the block');
      same(block.hash, receipt.blockHash, 'its hash');
      same(block.getPrefetchedTransaction(receipt.index).hash, receipt.hash, 'its transaction');
      verifyHeader((await provider.send('eth_getBlockByHash', [receipt.blockHash, false])) as RpcBlock);
      for (const tag of ['earliest', 'finalized', 'safe', 'latest']) {
        present(await provider.getBlock(tag), `block ${tag}`);
      }
      same(await provider.getBlock(1_000_000_000), null, 'a block of the future');
      const pending = await provider.getBlock('pending');
      holds(pending === null || pending.gasLimit > 0n, 'the pending block');
    },
  };
}
