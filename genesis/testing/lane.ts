import { createBlock } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet, type StateManagerInterface } from '@ethereumjs/common';
import type { EVMInterface } from '@ethereumjs/evm';
import { SimpleStateManager } from '@ethereumjs/statemanager';
import { createFeeMarket1559Tx } from '@ethereumjs/tx';
import { Account, Address } from '@ethereumjs/util';
import { createVM, runTx, type VM } from '@ethereumjs/vm';
import { type Abi, decodeErrorResult, decodeFunctionResult, encodeFunctionData } from 'viem';
import { hexToBytes, prefixedHex } from '../../protocol/bytes.ts';
import { INBOX, SYSTEM_SENDER } from '../../protocol/lane/addresses.ts';
import type { Hex, LaneMessage } from '../../protocol/lane/types.ts';
import { inboxCall } from '../predeploys/inboxCall.ts';
import type { GenesisState } from '../spec.ts';

export interface TestLog {
  readonly address: Hex;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

export interface Outcome {
  readonly isSuccess: boolean;
  readonly gasLimit: bigint;
  /** What is paid for: refunds are taken off. */
  readonly gasUsed: bigint;
  /** What was left of the gas limit before refunds: 0 is as far as it goes without failing. */
  readonly gasLeft: bigint;
  readonly logs: readonly TestLog[];
  readonly returned: Hex;
  /** EthereumJS's reason, e.g. "out of gas". */
  readonly reason: string | undefined;
}

interface Call {
  readonly from: Hex;
  readonly to: Hex;
  readonly data?: Hex;
  readonly value?: bigint;
  readonly gasLimit?: bigint;
}

const BASE_FEE = 10_000_000n;
/** Enough for every call of a test: senders of calls are rich. */
const WEALTH = 10n ** 30n;

/** The genesis state on a plain EthereumJS VM, with system transactions as docs/protocol.md section 8 has them. */
export class TestLane {
  /** Of the block that the next transaction is in, seconds. */
  timestamp = 1_800_000_000n;
  readonly #vm: VM;

  private constructor(vm: VM) {
    this.#vm = vm;
  }

  /** @param createEvm an EVM other than EthereumJS's own */
  static async create(
    genesis: GenesisState,
    createEvm?: (parts: { common: Common; stateManager: StateManagerInterface }) => Promise<EVMInterface>,
  ): Promise<TestLane> {
    const common = new Common({
      chain: { ...Mainnet, name: 'test', chainId: Number(genesis.chainId) },
      hardfork: Hardfork.Prague,
    });
    const stateManager = new SimpleStateManager({ common });
    for (const { address, balance, nonce, code, storage } of genesis.accounts) {
      const at = addressOf(address);
      await stateManager.putAccount(at, new Account(nonce, balance));
      await stateManager.putCode(at, code);
      for (const [slot, value] of storage) await stateManager.putStorage(at, hexToBytes(slot), hexToBytes(value));
    }
    const evm = createEvm === undefined ? {} : { evm: await createEvm({ common, stateManager }) };
    return new TestLane(await createVM({ common, stateManager, ...evm }));
  }

  /** What the executor does for a message. */
  async deliver(message: LaneMessage): Promise<Outcome> {
    const { value, data, gasLimit } = inboxCall(message);
    await this.setBalance(SYSTEM_SENDER, value + gasLimit * BASE_FEE);
    const outcome = await this.#run({ from: SYSTEM_SENDER, to: INBOX, data: prefixedHex(data), value, gasLimit });
    await this.setBalance(SYSTEM_SENDER, 0n);
    return outcome;
  }

  /** A transaction of somebody who has money for it; his balance is the same afterwards but for `value`. */
  async send(call: Call): Promise<Outcome> {
    const before = await this.balance(call.from);
    await this.setBalance(call.from, before + WEALTH);
    const outcome = await this.#run(call);
    await this.setBalance(call.from, (await this.balance(call.from)) - WEALTH + outcome.gasUsed * BASE_FEE);
    return outcome;
  }

  /** A call by anybody, contracts too, outside of a transaction. */
  async callAs({ from, to, data = '0x', value = 0n }: Call): Promise<{ isSuccess: boolean; returned: Hex }> {
    const { execResult } = await this.#vm.evm.runCall({
      caller: addressOf(from),
      to: addressOf(to),
      data: hexToBytes(data),
      value,
      gasLimit: 30_000_000n,
    });
    return { isSuccess: execResult.exceptionError === undefined, returned: prefixedHex(execResult.returnValue) };
  }

  /** The answer of a view function. @throws CallReverted */
  async read(abi: Abi, to: Hex, functionName: string, args: readonly unknown[] = []): Promise<unknown> {
    const data = encodeFunctionData({ abi, functionName, args });
    const { isSuccess, returned } = await this.callAs({ from: '0x00000000000000000000000000000000000000aa', to, data });
    if (!isSuccess) throw new CallReverted(errorName(abi, returned));
    return decodeFunctionResult({ abi, functionName, data: returned });
  }

  async balance(address: Hex): Promise<bigint> {
    return (await this.#vm.stateManager.getAccount(addressOf(address)))?.balance ?? 0n;
  }

  async setBalance(address: Hex, balance: bigint): Promise<void> {
    const account = (await this.#vm.stateManager.getAccount(addressOf(address))) ?? new Account();
    account.balance = balance;
    await this.#vm.stateManager.putAccount(addressOf(address), account);
  }

  async storage(address: Hex, slot: Hex): Promise<Hex> {
    const value = await this.#vm.stateManager.getStorage(addressOf(address), hexToBytes(slot));
    return `0x${prefixedHex(value).slice(2).padStart(64, '0')}`;
  }

  async setStorage(address: Hex, slot: Hex, value: Hex): Promise<void> {
    await this.#vm.stateManager.putStorage(addressOf(address), hexToBytes(slot), hexToBytes(value));
  }

  async nonce(address: Hex): Promise<bigint> {
    return (await this.#vm.stateManager.getAccount(addressOf(address)))?.nonce ?? 0n;
  }

  async #run({ from, to, data = '0x', value = 0n, gasLimit = 10_000_000n }: Call): Promise<Outcome> {
    const common = this.#vm.common;
    const tx = createFeeMarket1559Tx(
      {
        chainId: common.chainId(),
        nonce: await this.nonce(from),
        to: addressOf(to),
        data: hexToBytes(data),
        value,
        gasLimit,
        maxFeePerGas: BASE_FEE,
        maxPriorityFeePerGas: 0n,
      },
      { common, freeze: false },
    );
    tx.getSenderAddress = () => addressOf(from);
    const block = createBlock(
      { header: { number: 1n, timestamp: this.timestamp, gasLimit: 120_000_000n, baseFeePerGas: BASE_FEE } },
      { common },
    );
    const { execResult, totalGasSpent, gasRefund } = await runTx(this.#vm, { tx, block });
    return {
      isSuccess: execResult.exceptionError === undefined,
      gasLimit,
      gasUsed: totalGasSpent,
      gasLeft: gasLimit - totalGasSpent - gasRefund,
      logs: (execResult.logs ?? []).map(([address, topics, logData]) => ({
        address: prefixedHex(address),
        topics: topics.map(prefixedHex),
        data: prefixedHex(logData),
      })),
      returned: prefixedHex(execResult.returnValue),
      reason: execResult.exceptionError?.error,
    };
  }
}

/** `code` is the name of the contract's error. */
export class CallReverted extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Name of the custom error in a revert's data; "" if there is none. */
export function errorName(abi: Abi, data: Hex): string {
  if (data.length < 10) return '';
  return decodeErrorResult({ abi, data }).errorName;
}

function addressOf(hex: Hex): Address {
  return new Address(hexToBytes(hex));
}
