import {
  BaseError,
  ContractFunctionRevertedError,
  encodeFunctionData,
  type Hex,
  keccak256,
  pad,
  parseEther,
  RpcRequestError,
  toHex,
} from 'viem';
import { failureOf, holds, present, same } from '../check.ts';
import type { Features } from '../features.ts';
import { person } from '../network.ts';
import { verifyProof } from '../proof.ts';
import { failuresAbi, stressAbi, tokenAbi } from '../suiteContracts.ts';
import type { ViemWorld } from './world.ts';

/** Calls that change nothing: estimates, reverts, traces, proofs, simulations. */
export function viemCalls(world: ViemWorld): Features {
  const { client, me, wallet } = world;
  const to = person('viem call').account.address;
  return {
    'gas estimates': async () => {
      same(await client.estimateGas({ account: me, to, value: 1n }), 21_000n, 'a transfer');
      const address = await world.shared('Stress');
      const call = { address, abi: stressAbi, functionName: 'write', args: [0n, 20n], account: me } as const;
      const gas = await client.estimateContractGas(call);
      const receipt = await world.mined(await wallet.writeContract({ ...call, gas }));
      holds(receipt.gasUsed <= gas && gas < (receipt.gasUsed * 12n) / 10n, 'the estimate is close', { gas, receipt });
      if (world.network.target === 'anvil') return; // it asks nobody for the money of a plain transfer
      const poor = person('viem pauper').account;
      const error = await failureOf(
        () => client.estimateGas({ account: poor, to, value: 1n }),
        'an estimate without money',
      );
      holds(/insufficient funds|exceeds the balance/i.test(String(error)), 'reason', String(error));
    },

    'revert reasons': async () => {
      const address = await world.shared('Failures');
      const fail = async (functionName: string, args: readonly unknown[]): Promise<ContractFunctionRevertedError> => {
        const call = { address, abi: failuresAbi, functionName, args, account: me };
        const run = client.simulateContract as (call: object) => Promise<unknown>; // the name is a variable here
        const error = await failureOf(() => run(call), functionName);
        holds(error instanceof BaseError, `${functionName} gives viem's error`, String(error));
        const found = error.walk((inner) => inner instanceof ContractFunctionRevertedError);
        holds(found instanceof ContractFunctionRevertedError, `${functionName} reverts`, String(error));
        return found;
      };
      const custom = await fail('customError', [42n]);
      same([custom.data?.errorName, custom.data?.args], ['Refused', [42n, me.address]], 'custom error');
      same((await fail('requireText', [1n])).reason, 'the value is too small', 'text of require');
      const panics: readonly (readonly [string, readonly unknown[], bigint])[] = [
        ['assertion', [false], 0x01n],
        ['overflow', [1n], 0x11n],
        ['division', [0n], 0x12n],
        ['item', [3n], 0x32n],
      ];
      for (const [name, args, code] of panics) {
        const { data } = await fail(name, args);
        same([data?.errorName, data?.args], ['Panic', [code]], `panic of ${name}`);
      }
      const token = await world.shared('VoteToken');
      const spend = { address: token, abi: tokenAbi, functionName: 'transfer', args: [to, 10n ** 30n] } as const;
      const error = await failureOf(() => client.estimateContractGas({ ...spend, account: me }), 'no tokens');
      holds(String(error).includes('ERC20InsufficientBalance'), 'a custom error in an estimate', String(error));
      // The numbers are part of the contract with clients: code 3 and the bytes.
      const data = encodeFunctionData({ abi: failuresAbi, functionName: 'requireText', args: [1n] });
      const raw = await failureOf(() => world.raw('eth_call', [{ to: address, data }, 'latest']), 'raw call');
      holds(raw instanceof BaseError, 'a raw error', String(raw));
      const rpc = raw.walk((inner) => inner instanceof RpcRequestError);
      holds(rpc instanceof RpcRequestError, 'an error of JSON-RPC', String(raw));
      same([rpc.code, typeof rpc.data, String(rpc.data).slice(0, 10)], [3, 'string', '0x08c379a0'], 'code and data');
      // Sent all the same, it is mined and fails.
      const hash = await wallet.sendTransaction({ to: address, data, gas: 100_000n });
      const receipt = await client.waitForTransactionReceipt({ hash });
      same([receipt.status, receipt.logs.length], ['reverted', 0], 'receipt of a failed transaction');
    },

    traces: async () => {
      const address = await world.shared('VoteToken');
      const call = { address, abi: tokenAbi, functionName: 'transfer', args: [to, 3n] } as const;
      const { transactionHash, blockNumber, blockHash } = await world.mined(await wallet.writeContract(call));
      type Steps = { gas: number; failed: boolean; structLogs: { op: string; pc: number; depth: number }[] };
      const steps = await world.raw<Steps>('debug_traceTransaction', [transactionHash]);
      same(steps.failed, false, 'it did not fail');
      const ops = steps.structLogs.map(({ op }) => op);
      const isTraced = ops.includes('SSTORE') && ops.includes('LOG3') && ops.at(-1) === 'RETURN';
      holds(isTraced || world.network.target === 'anvil', 'steps', ops.slice(-5)); // anvil keeps them only if started so
      type Frame = {
        type: string;
        from: string;
        to: string;
        output?: string;
        error?: string;
        calls?: Frame[];
        revertReason?: string;
      };
      const tracer = { tracer: 'callTracer' };
      const frame = await world.raw<Frame>('debug_traceTransaction', [transactionHash, tracer]);
      same(
        [frame.type, frame.from, frame.to],
        ['CALL', me.address.toLowerCase(), address.toLowerCase()],
        'the outer call',
      );
      same(frame.output, toHex(1, { size: 32 }), 'output');
      const failures = await world.shared('Failures');
      const data = encodeFunctionData({ abi: failuresAbi, functionName: 'requireText', args: [1n] });
      const failed = await wallet.sendTransaction({ to: failures, data, gas: 100_000n });
      await client.waitForTransactionReceipt({ hash: failed });
      const refused = await world.raw<Frame>('debug_traceTransaction', [failed, tracer]);
      same(
        [refused.error, refused.revertReason],
        ['execution reverted', 'the value is too small'],
        'trace of a failure',
      );
      const target = { to: failures, data, from: me.address };
      const planned = await world.raw<Frame>('debug_traceCall', [target, 'latest', tracer]);
      same(planned.error, 'execution reverted', 'trace of a call');
      type Traced = { txHash?: Hex; result: Frame }[];
      const byNumber = await world.raw<Traced>('debug_traceBlockByNumber', [toHex(blockNumber), tracer]);
      const byHash = await world.raw<Traced>('debug_traceBlockByHash', [blockHash, tracer]);
      same(byNumber, byHash, 'traces of the block');
      holds(
        byNumber.some(({ result }) => result.to === address.toLowerCase()),
        'the call is among them',
        byNumber,
      );
    },

    'eth_getProof verifies': async () => {
      const address = await world.shared('VoteToken');
      const balanceSlot = keccak256(`${pad(me.address)}${'0'.repeat(64)}`);
      const storageKeys = [toHex(2, { size: 32 }), balanceSlot, toHex(999, { size: 32 })];
      const { blockNumber } = await world.anotherBlock();
      const { stateRoot } = await client.getBlock({ blockNumber });
      const proof = await client.getProof({ address, storageKeys, blockNumber });
      verifyProof(stateRoot, proof);
      same(
        proof.storageProof.map(({ value }) => value > 0n),
        [true, true, false],
        'slots in use',
      );
      const mine = await client.getProof({ address: me.address, storageKeys: [], blockNumber });
      verifyProof(stateRoot, mine);
      same(mine.balance, await client.getBalance({ address: me.address, blockNumber }), 'the proven balance');
      const nobody = person('viem nobody').account.address;
      verifyProof(
        stateRoot,
        await client.getProof({ address: nobody, storageKeys: [toHex(0, { size: 32 })], blockNumber }),
      );
      // A proof says nothing of another block's root.
      await world.anotherBlock();
      const later = await client.getBlock();
      await failureOf(async () => verifyProof(later.stateRoot, mine), 'a proof against another root');
    },

    'fee history': async () => {
      await world.anotherBlock();
      const history = await client.getFeeHistory({ blockCount: 3, rewardPercentiles: [10, 50, 90] });
      const count = history.gasUsedRatio.length;
      holds(count >= 1 && count <= 3, 'blocks', history);
      same(history.baseFeePerGas.length, count + 1, 'base fees, the next one included');
      same(
        history.reward?.map((row) => row.length),
        Array(count).fill(3),
        'rewards',
      );
      const oldest = await client.getBlock({ blockNumber: history.oldestBlock });
      same(oldest.baseFeePerGas, history.baseFeePerGas[0], 'base fee of the oldest');
      holds((await client.getGasPrice()) >= (history.baseFeePerGas.at(-1) ?? 0n), 'gas price');
      holds((await client.estimateMaxPriorityFeePerGas()) >= 0n, 'tip');
      holds((await client.getBlobBaseFee()) >= 1n, 'blob base fee');
    },

    simulation: async () => {
      const token = await world.shared('VoteToken');
      const pauper = person('viem simulated').account.address;
      const spend = { to: token, abi: tokenAbi, functionName: 'transfer' } as const;
      const blocks = await client.simulateBlocks({
        blocks: [
          {
            stateOverrides: [{ address: pauper, balance: parseEther('2') }],
            calls: [
              { account: me, ...spend, args: [pauper, 4n] as const },
              { account: pauper, to, value: parseEther('1') },
              { account: pauper, ...spend, args: [to, 5n] as const },
            ],
          },
          { calls: [{ account: me, to: token, abi: tokenAbi, functionName: 'balanceOf', args: [pauper] }] },
        ],
      });
      const outcomes = blocks[0]?.calls.map(({ status }) => status);
      same(outcomes, ['success', 'success', 'failure'], 'outcomes of the simulated calls');
      same(blocks[0]?.calls[0]?.logs?.length, 1, 'logs of a simulated call');
      same(blocks[1]?.calls[0]?.result, 4n, 'the next block sees the first');
      same((blocks[1]?.number ?? 0n) - (blocks[0]?.number ?? 0n), 1n, 'their numbers');
      same(await client.getBalance({ address: pauper }), 0n, 'nothing has happened');
      const { results } = await client.simulateCalls({
        account: me,
        calls: [
          { ...spend, args: [pauper, 4n] as const },
          { to, value: 1n },
        ],
      });
      same(
        results.map(({ status }) => status),
        ['success', 'success'],
        'simulated calls',
      );
    },

    'state overrides': async () => {
      const token = await world.shared('VoteToken');
      const rich = person('viem imagined').account.address;
      const slot = keccak256(`${pad(rich)}${'0'.repeat(64)}`);
      const stateOverride = [{ address: token, stateDiff: [{ slot, value: toHex(77, { size: 32 }) }] }];
      const read = { address: token, abi: tokenAbi, functionName: 'balanceOf', args: [rich], stateOverride } as const;
      same(await client.readContract(read), 77n, 'an overridden slot');
      // Code that returns the block's number and the caller's balance.
      const code = '0x43600052333160205260406000f3';
      const place = person('viem imagined code').account.address;
      const { data } = await client.call({
        account: rich,
        to: place,
        stateOverride: [
          { address: place, code },
          { address: rich, balance: 123n },
        ],
        blockOverrides: { number: 1_000_000n },
      });
      same(
        data,
        `${toHex(1_000_000, { size: 32 })}${toHex(123, { size: 32 }).slice(2)}`,
        'overridden code, block and balance',
      );
    },

    'access lists': async () => {
      const address = await world.shared('VoteToken');
      const data = encodeFunctionData({ abi: tokenAbi, functionName: 'transfer', args: [to, 1n] });
      const { accessList, gasUsed } = await client.createAccessList({ account: me, to: address, data });
      const entry = present(
        accessList.find((one) => one.address === address.toLowerCase()),
        'the token in the list',
      );
      holds(entry.storageKeys.length >= 2, 'both balances', entry);
      holds(gasUsed > 21_000n, 'gas', gasUsed);
      await world.mined(await wallet.sendTransaction({ to: address, data, accessList, type: 'eip2930' }));
    },
  };
}
