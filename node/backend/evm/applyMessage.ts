import type { EVMResult } from '@ethereumjs/evm';
import { Account, bigIntToUnpaddedBytes, createAddressFromString, eoaCode7702RecoverAuthority } from '@ethereumjs/util';
import type { VM } from '@ethereumjs/vm';
import { checksumAddress } from 'viem';
import { addressOf } from '../../../chain/evm/address.ts';
import { isDelegation } from '../../../chain/evm/blockRun.ts';
import { bytesHex, hexBytes } from '../../../chain/evm/crypto.ts';
import { logOf } from '../../../chain/evm/receipts.ts';
import { MAX_INIT_CODE } from '../../../chain/evm/txRules.ts';
import type { EvmLog } from '../../../chain/evm/types.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import type { CallFailure } from '../../rpc/eth/backend.ts';
import { EthCode, EthRpcError } from '../../rpc/eth/ethError.ts';
import type { Authorization } from '../../rpc/eth/request.ts';
import type { EvmBlockContext as Block } from './evmTypes.ts';
import type { Message } from './message.ts';
import { isWatchedClosely } from './opcodeHooks.ts';
import { type FailedFrame, vmFailure } from './vmFailure.ts';

export interface Applied {
  readonly gasUsed: bigint;
  /** Before refunds. */
  readonly maxUsedGas: bigint;
  readonly returnData: Uint8Array;
  readonly failure: CallFailure | undefined;
  readonly isOutOfGas: boolean;
  /** The text of the failure lacks its numbers: only a machine that is watched closely knows them. */
  readonly isVague: boolean;
  readonly logs: readonly EvmLog[];
  readonly created: Hex | undefined;
}

/** Why a message could not be a transaction; `code` is the one eth_simulateV1 gives. */
export class MessageError extends EthRpcError {
  readonly simulateCode: number;

  constructor(simulateCode: number, text: string, gas: bigint) {
    super(EthCode.SERVER, `err: ${text} (supplied gas ${gas})`);
    this.simulateCode = simulateCode;
  }
}

/** A call failed on the fast machine for a reason whose numbers it does not know: it is to be run again, watched closely. */
export class VagueFailure extends Error {
  override readonly name = 'VagueFailure';
}

/** Where the frame of a fast machine does not say which opcode failed, nor what was on its stack. */
const VAGUE = new Set<string>(['stack underflow', 'stack overflow', 'out of gas']);
const TOKEN_GAS = 4n;
const FLOOR_TOKEN_GAS = 10n;
const AUTHORIZATION_GAS = 25_000n;
/** Comes back for an authority that exists. */
const AUTHORIZATION_REFUND = 12_500n;

export function gasOf({ to, data, accessList, authorizations }: Message): { intrinsic: bigint; floor: bigint } {
  let tokens = 4n * BigInt(data.length);
  for (const byte of data) if (byte === 0) tokens -= 3n;
  const slots = accessList.reduce((sum, { storageKeys }) => sum + storageKeys.length, 0);
  const intrinsic =
    21_000n +
    TOKEN_GAS * tokens +
    (to === undefined ? 32_000n + 2n * BigInt(Math.ceil(data.length / 32)) : 0n) +
    2_400n * BigInt(accessList.length) +
    1_900n * BigInt(slots) +
    AUTHORIZATION_GAS * BigInt(authorizations.length);
  return { intrinsic, floor: 21_000n + FLOOR_TOKEN_GAS * tokens };
}

/**
 * Runs a message as a transaction on the machine's state, and keeps what it did there. Unlike a transaction it needs no signature, and
 * neither nonce nor code of the sender are looked at. A price of 0 is taken whatever the base fee.
 * @throws MessageError
 */
export async function applyMessage(vm: VM, block: Block, message: Message): Promise<Applied> {
  const { evm, stateManager } = vm;
  const { journal } = evm;
  await journal.cleanup();
  await journal.checkpoint();
  try {
    const { intrinsic, floor } = await checkMessage(vm, block, message);
    warm(vm, block, message);
    await takePayment(vm, message);
    const refund = await applyAuthorizations(vm, message.authorizations);
    const result = await evm.runCall({
      block,
      gasPrice: message.gasPrice,
      caller: addressOf(message.from),
      gasLimit: message.gas - intrinsic,
      ...(message.to !== undefined && { to: addressOf(message.to) }),
      value: message.value,
      data: message.data,
      skipNonceIncrement: true,
    });
    const applied = outcome(result, message, { intrinsic, floor, refund, isExact: isWatchedClosely(vm) });
    await settle(vm, block, message, applied.gasUsed);
    await destroy(vm, result);
    await journal.cleanup();
    stateManager.originalStorageCache.clear();
    await journal.commit();
    return applied;
  } catch (error) {
    await journal.revert();
    throw error;
  } finally {
    journal.cleanJournal();
    stateManager.originalStorageCache.clear();
  }
}

async function checkMessage(vm: VM, block: Block, message: Message): Promise<{ intrinsic: bigint; floor: bigint }> {
  const { gas, feeCap, gasPrice, value, data, to, from } = message;
  const fail = (code: number, text: string): Error => new MessageError(code, text, gas);
  const baseFee = block.header.baseFeePerGas ?? 0n;
  if ((feeCap > 0n || gasPrice > 0n) && feeCap < baseFee) {
    const text = `address ${checksumAddress(from)}, maxFeePerGas: ${feeCap}, baseFee: ${baseFee}`;
    throw fail(EthCode.SIM_BASE_FEE_TOO_LOW, `max fee per gas less than block base fee: ${text}`);
  }
  const balance = (await vm.stateManager.getAccount(addressOf(from)))?.balance ?? 0n;
  const cost = gas * feeCap + value;
  if (balance < cost) {
    const text = `address ${checksumAddress(from)} have ${balance} want ${cost}`;
    throw fail(EthCode.SIM_INSUFFICIENT_FUNDS, `insufficient funds for gas * price + value: ${text}`);
  }
  const { intrinsic, floor } = gasOf(message);
  if (gas < intrinsic) throw fail(EthCode.SIM_INTRINSIC_GAS, `intrinsic gas too low: have ${gas}, want ${intrinsic}`);
  if (gas < floor) {
    throw fail(EthCode.SIM_INTRINSIC_GAS, `insufficient gas for floor data gas cost: have ${gas}, want ${floor}`);
  }
  if (to === undefined && data.length > MAX_INIT_CODE) {
    const text = `max initcode size exceeded: code size ${data.length} limit ${MAX_INIT_CODE}`;
    throw fail(EthCode.SIM_INITCODE_TOO_LARGE, text);
  }
  return { intrinsic, floor };
}

function warm({ evm }: VM, block: Block, { from, to, accessList }: Message): void {
  const { journal } = evm;
  for (const address of evm.precompiles.keys()) journal.addAlwaysWarmAddress(address);
  journal.addAlwaysWarmAddress(from);
  if (to !== undefined) journal.addAlwaysWarmAddress(to);
  journal.addAlwaysWarmAddress(bytesHex(block.header.coinbase.bytes));
  for (const { address, storageKeys } of accessList) {
    journal.addAlwaysWarmAddress(address, true);
    for (const slot of storageKeys) journal.addAlwaysWarmSlot(address, slot, true);
  }
}

async function takePayment(vm: VM, { from, gas, gasPrice }: Message): Promise<void> {
  const address = addressOf(from);
  const account = (await vm.stateManager.getAccount(address)) ?? new Account();
  account.balance -= gas * gasPrice;
  account.nonce += 1n;
  await vm.evm.journal.putAccount(address, account);
}

/** EIP-7702. Returns the gas that comes back. */
async function applyAuthorizations(vm: VM, authorizations: readonly Authorization[]): Promise<bigint> {
  const { stateManager, evm } = vm;
  let refund = 0n;
  for (const authorization of authorizations) {
    const { chainId, nonce, address } = authorization;
    if (chainId !== 0n && chainId !== vm.common.chainId()) continue;
    const authority = authorityOf(authorization);
    if (authority === undefined) continue;
    const at = addressOf(authority);
    evm.journal.addAlwaysWarmAddress(authority);
    const found = await stateManager.getAccount(at);
    const code = await stateManager.getCode(at);
    if (code.length > 0 && !isDelegation(code)) continue;
    const account = found ?? new Account();
    if (account.nonce !== nonce) continue;
    if (found !== undefined) refund += AUTHORIZATION_REFUND;
    account.nonce += 1n;
    await evm.journal.putAccount(at, account);
    const isCleared = /^0x0+$/.test(address);
    await stateManager.putCode(
      at,
      isCleared ? new Uint8Array() : Uint8Array.of(0xef, 0x01, 0x00, ...hexBytes(address)),
    );
  }
  return refund;
}

const MAX_NONCE = 2n ** 64n - 1n;
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

function authorityOf({ chainId, address, nonce, yParity, r, s }: Authorization): Hex | undefined {
  if (nonce >= MAX_NONCE || s > HALF_ORDER || yParity > 1n) return undefined;
  const [chain, count, parity, x, y] = [chainId, nonce, yParity, r, s].map(bigIntToUnpaddedBytes);
  if (chain === undefined || count === undefined || parity === undefined || x === undefined || y === undefined) {
    return undefined;
  }
  try {
    return bytesHex(eoaCode7702RecoverAuthority([chain, hexBytes(address), count, parity, x, y]).bytes);
  } catch {
    return undefined; // nobody's signature: the tuple is skipped
  }
}

function outcome(
  { execResult, createdAddress }: EVMResult,
  { gas }: Message,
  { intrinsic, floor, refund, isExact }: { intrinsic: bigint; floor: bigint; refund: bigint; isExact: boolean },
): Applied {
  const { exceptionError: error, returnValue } = execResult;
  const spent = intrinsic + execResult.executionGasUsed;
  const allRefunds = (error === undefined ? (execResult.gasRefund ?? 0n) : 0n) + refund;
  const most = spent / 5n;
  const afterRefund = spent - (allRefunds < most ? allRefunds : most);
  const gasUsed = afterRefund < floor ? floor : afterRefund;
  const maxUsedGas = spent < floor ? floor : spent;
  // the machine adds the result's own members to the state of the frame
  const frame = execResult.runState as FailedFrame | undefined;
  const failure = error === undefined ? undefined : vmFailure(error, frame, returnValue);
  const isVague = !isExact && error !== undefined && VAGUE.has(error.error) && failure?.text !== error.error;
  return {
    gasUsed: gasUsed > gas ? gas : gasUsed,
    maxUsedGas,
    returnData: error === undefined || error.error === 'revert' ? returnValue : new Uint8Array(),
    failure,
    isOutOfGas: error?.error === 'out of gas',
    isVague,
    logs: error === undefined ? (execResult.logs ?? []).map(logOf) : [],
    created: createdAddress === undefined ? undefined : bytesHex(createdAddress.bytes),
  };
}

/** What is left of the payment goes back, the tip to the block's beneficiary. */
async function settle(vm: VM, { header }: Block, { from, gas, gasPrice }: Message, gasUsed: bigint): Promise<void> {
  if (gasPrice === 0n) return;
  const sender = addressOf(from);
  const account = (await vm.stateManager.getAccount(sender)) ?? new Account();
  account.balance += (gas - gasUsed) * gasPrice;
  await vm.evm.journal.putAccount(sender, account);
  const miner = (await vm.stateManager.getAccount(header.coinbase)) ?? new Account();
  miner.balance += (gasPrice - (header.baseFeePerGas ?? 0n)) * gasUsed;
  await vm.evm.journal.putAccount(header.coinbase, miner);
}

/** EIP-6780: only what this very transaction created goes. */
async function destroy(vm: VM, { execResult }: EVMResult): Promise<void> {
  for (const address of execResult.selfdestruct?.keys() ?? []) {
    if (execResult.createdAddresses?.has(address)) await vm.evm.journal.deleteAccount(createAddressFromString(address));
  }
}
