import { Account, type Address } from '@ethereumjs/util';
import type { VM } from '@ethereumjs/vm';
import { checksumAddress } from 'viem';
import { addressOf } from '../../../chain/evm/address.ts';
import { hexBytes } from '../../../chain/evm/crypto.ts';
import { PRECOMPILES } from '../../../protocol/lane/addresses.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { serverError } from '../../rpc/eth/ethError.ts';
import type { AccountOverride, BlockOverrides, StateOverrides } from '../../rpc/eth/request.ts';
import type { EvmBlockContext } from './evmTypes.ts';

/** The fields of a header that code can see. */
export interface VisibleHeader {
  readonly number: bigint;
  readonly coinbase: Address;
  readonly timestamp: bigint;
  readonly prevRandao: Uint8Array;
  readonly gasLimit: bigint;
  readonly baseFeePerGas: bigint;
}

/** @param isFree a message without a price sees no base fee either */
export function blockContext(header: VisibleHeader, overrides: BlockOverrides, isFree: boolean): EvmBlockContext {
  const { number, time, gasLimit, feeRecipient, prevRandao, baseFeePerGas, blobBaseFee } = overrides;
  return {
    header: {
      number: number ?? header.number,
      coinbase: feeRecipient === undefined ? header.coinbase : addressOf(feeRecipient),
      timestamp: time ?? header.timestamp,
      difficulty: 0n,
      prevRandao: prevRandao === undefined ? header.prevRandao : hexBytes(prevRandao),
      gasLimit: gasLimit ?? header.gasLimit,
      baseFeePerGas: isFree ? 0n : (baseFeePerGas ?? header.baseFeePerGas),
      getBlobGasPrice: () => blobBaseFee ?? 1n,
    },
  };
}

/** @throws EthRpcError SERVER for overrides that contradict each other */
export async function overrideState(vm: VM, overrides: StateOverrides): Promise<void> {
  const moved = new Set<Hex>();
  for (const [address, override] of overrides) {
    const { state, stateDiff, movePrecompileTo } = override;
    if (movePrecompileTo !== undefined) {
      if (moved.has(movePrecompileTo))
        throw serverError(`account ${checksumAddress(movePrecompileTo)} is already overridden`);
      movePrecompile(vm, address, movePrecompileTo);
      moved.add(movePrecompileTo);
    }
    if (state !== undefined && stateDiff !== undefined) {
      throw serverError(`account ${checksumAddress(address)} has both 'state' and 'stateDiff'`);
    }
    await overrideAccount(vm, addressOf(address), override);
  }
}

async function overrideAccount(vm: VM, address: Address, override: AccountOverride): Promise<void> {
  const { stateManager } = vm;
  const { nonce, balance, code, state, stateDiff } = override;
  const account = (await stateManager.getAccount(address)) ?? new Account();
  if (nonce !== undefined) account.nonce = nonce;
  if (balance !== undefined) account.balance = balance;
  await stateManager.putAccount(address, account);
  if (code !== undefined) await stateManager.putCode(address, code);
  if (state !== undefined) await stateManager.clearStorage(address);
  for (const [slot, value] of state ?? stateDiff ?? []) {
    await stateManager.putStorage(address, hexBytes(slot), trimmed(hexBytes(value)));
  }
}

function trimmed(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start < 0 ? new Uint8Array() : bytes.slice(start);
}

/** Only Ethereum's own precompiles can be moved: those of this chain answer by their address. */
function movePrecompile(vm: VM, from: Hex, to: Hex): void {
  // The machine has no public way to change its table; it is thrown away after the call.
  const evm = vm.evm as unknown as { _precompiles: Map<string, unknown> };
  const run = evm._precompiles.get(from.slice(2));
  if (run === undefined || PRECOMPILES.some((address) => address === from)) {
    throw serverError(`account ${checksumAddress(from)} is not a precompile`);
  }
  const table = new Map(evm._precompiles);
  table.delete(from.slice(2));
  table.set(to.slice(2), run);
  evm._precompiles = table;
}
