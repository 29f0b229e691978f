import { Block } from '@ethereumjs/block';
import type { EVM, ExecResult } from '@ethereumjs/evm';
import { describe, expect, it } from 'vitest';
import { memoryDb } from '../../testing/memoryDb.ts';
import { addressOf } from '../address.ts';
import { EngramCommon } from '../common.ts';
import { bytesHex, hexBytes, keccak } from '../crypto.ts';
import { createEngramEvm } from '../engramEvm.ts';
import { genesisBlock } from '../genesisBlock.ts';
import { LaneState } from '../state/laneState.ts';
import { StateStore } from '../state/stateStore.ts';
import { account, code, DOMAIN } from '../testing/laneFixture.ts';
import { randomBytes, randomOf } from '../testing/random.ts';
import { randomCode } from '../testing/randomCode.ts';
import { accelerate } from './fastEvm.ts';

const CALLER = addressOf('0x00000000000000000000000000000000000000aa');
const addressAt = (i: number): Uint8Array => keccak(Uint8Array.of(i, 7)).slice(0, 20);

/** Two machines on one state: EthereumJS's, and the accelerated one. */
async function machines(codes: readonly Uint8Array[]) {
  const common = new EngramCommon(7171n);
  const accounts = codes.map((bytes, i) =>
    account(bytesHex(addressAt(i)), { nonce: 1n, balance: 10n ** 9n, code: bytes, storage: [[WORD(0), WORD(5)]] }),
  );
  const genesis = { chainId: 7171n, timestamp: 0, gasLimit: 10n ** 8n, baseFeePerGas: 7n, accounts };
  const { header, nodes, codes: pinned } = genesisBlock(genesis, { domain: DOMAIN, common });
  const store = new StateStore({ headRoot: header.stateRoot }, { db: memoryDb() });
  store.nodes.pin(nodes);
  store.pinCodes(pinned);
  const make = async (isFast: boolean) => {
    const state = new LaneState(store.view(header.stateRoot));
    const evm = await createEngramEvm({ common: common.detached(), stateManager: state, domain: DOMAIN });
    if (isFast) await accelerate(evm, { state, common });
    return { evm, state, block: new Block(header, [], [], undefined, { freeze: false }) };
  };
  return { slow: await make(false), fast: await make(true) };
}

function WORD(value: number): `0x${string}` {
  return `0x${value.toString(16).padStart(64, '0')}`;
}

type Machine = { evm: EVM; state: LaneState; block: Block };

/** Calls the first contract and says all that came of it. */
async function outcome({ evm, state, block }: Machine, gasLimit: bigint, data: Uint8Array) {
  state.reset(state.view);
  evm.journal.cleanJournal();
  // As `runTx` does; the fast journal has them warm anyway.
  for (const hex of evm.precompiles.keys()) evm.journal.addAlwaysWarmAddress(hex);
  const { execResult } = await evm.runCall({
    block,
    to: addressOf(bytesHex(addressAt(0))),
    caller: CALLER,
    gasLimit,
    data,
  });
  const { executionGasUsed, gasRefund, returnValue, exceptionError, logs, selfdestruct } = execResult as ExecResult;
  return {
    executionGasUsed,
    gasRefund,
    returnValue: bytesHex(returnValue),
    // EthereumJS adds the place to some texts.
    error: exceptionError?.error.split(' at ')[0],
    logs: logs?.map(([address, topics, bytes]) => [bytesHex(address), topics.map(bytesHex), bytesHex(bytes)]),
    selfdestruct: [...(selfdestruct?.keys() ?? [])],
    root: bytesHex(await state.getStateRoot()),
  };
}

/** Errors after which all gas is gone are told apart by nobody but a trace. */
function withoutKind<T extends { error: string | undefined }>(result: T): T {
  const isHalt = result.error !== undefined && result.error !== 'revert';
  return isHalt ? { ...result, error: 'halt' } : result;
}

describe('the fast interpreter does what EthereumJS does', () => {
  it.each([1, 2, 3])('with random code, whatever the gas (seed %i)', async (seed) => {
    const random = randomOf(seed);
    let succeeded = 0;
    for (let round = 0; round < 30; round++) {
      const targets = [addressAt(0), addressAt(1), addressAt(2)];
      const { slow, fast } = await machines(targets.map(() => randomCode(random, targets)));
      for (const gasLimit of [1_000_000n, BigInt(random(60_000)), BigInt(random(5_000)), BigInt(random(300))]) {
        const data = randomBytes(random, random(70));
        const expected = await outcome(slow, gasLimit, data);
        expect(withoutKind(await outcome(fast, gasLimit, data))).toEqual(withoutKind(expected));
        if (expected.error === undefined) succeeded++;
      }
    }
    expect(succeeded).toBeGreaterThan(4);
  });

  // SSTORE(0, x), SSTORE(0, y) for what a slot may hold before, between and after, under gas that runs out anywhere.
  it.each([
    [0, 0],
    [0, 5],
    [0, 7],
    [5, 0],
    [5, 5],
    [5, 7],
    [7, 0],
    [7, 5],
    [7, 7],
    [7, 8],
  ])('with a slot that is set to %i and then to %i', async (first, second) => {
    const put = (value: number): string => `60${value.toString(16).padStart(2, '0')}5f55`;
    const { slow, fast } = await machines([code(`${put(first)}${put(second)}5f546001545f52`)]);
    for (let gas = 0; gas < 30_000; gas += gas < 2_400 ? 97 : 831) {
      const expected = await outcome(slow, BigInt(gas), new Uint8Array(0));
      expect(withoutKind(await outcome(fast, BigInt(gas), new Uint8Array(0)))).toEqual(withoutKind(expected));
    }
  });

  it.each([
    ['memory at the edge of a word', '60ff601f535f51602051'],
    ['memory far away', '6001620fffff52'],
    ['memory beyond all gas', '600163ffffffff5260016fffffffffffffffffffffffffffffffff52'],
    ['a hash of nothing far away', '5f6fffffffffffffffffffffffffffffffff20'],
    ['a log of too much', '6fffffffffffffffffffffffffffffffff5fa0'],
    ['return of nothing far away', '5f6ffffffffffffffffffffffffffffffffff3'],
    ['a jump to its own end', '600456'],
    ['a jump into a constant', '6004565b605b00'],
    ['a jump far away', '6fffffffffffffffffffffffffffffffff56'],
    ['a constant that is cut off', '61ff'],
    ['a shift by more than a word', '60ff6101001b60ff6101001c'],
    ['division by 0', '5f6001045f600106'],
    ['signed comparison', '5f195f125f195f13'],
    ['call data behind its end', '604035603f35602035'],
    ['nothing on the stack', '50'],
    ['one too few for a swap', '5f90'],
    ['a full stack', '5b5f5f56'],
    ['MSIZE and GAS after memory grew', '61010051595a'],
    ['SLOAD of the same slot twice', '5f545f54600154600154'],
  ])('with %s', async (_, hex) => {
    const { slow, fast } = await machines([code(hex)]);
    for (const gas of [0n, 1n, 2n, 5n, 8n, 30n, 100n, 2_100n, 2_101n, 5_000n, 100_000n, 5_000_000n]) {
      const data = hexBytes(`0x${'f1'.repeat(33)}`);
      expect(withoutKind(await outcome(fast, gas, data))).toEqual(withoutKind(await outcome(slow, gas, data)));
    }
  });

  it('leaves a call whose steps are watched to EthereumJS, with the same result', async () => {
    const { slow, fast } = await machines([code('60015f5560205f205f5260205ff3')]);
    const expected = await outcome(slow, 100_000n, new Uint8Array(0));
    let steps = 0;
    fast.evm.events.on('step', () => {
      steps++;
    });
    expect(await outcome(fast, 100_000n, new Uint8Array(0))).toEqual(expected);
    expect(steps).toBeGreaterThan(5);
  });
});
