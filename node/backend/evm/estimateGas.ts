import type { VM } from '@ethereumjs/vm';
import { addressOf } from '../../../chain/evm/address.ts';
import { EthCode, serverError } from '../../rpc/eth/ethError.ts';
import { callError } from '../../rpc/eth/methods/callMethods.ts';
import { type Applied, applyMessage, MessageError, VagueFailure } from './applyMessage.ts';
import type { EvmBlockContext } from './evmTypes.ts';
import { type Message, smaller } from './message.ts';

const TRANSFER_GAS = 21_000n;
const CALL_STIPEND = 2_300n;
/** The search ends when it is this close: every step runs the call again. */
const TOLERANCE = 0.015;

export interface EstimateLimits {
  /** Of a block. */
  readonly gasLimit: bigint;
  /** Of a call. */
  readonly gasCap: bigint;
  /** Of a transaction that the pool takes. */
  readonly txGas: bigint;
  /** What the caller named. */
  readonly asked: bigint | undefined;
}

/**
 * The least gas limit with which a message succeeds, to within 1.5 %.
 * @throws EthRpcError with the reason, if it does not succeed with any
 */
export async function estimateGas(
  vm: VM,
  block: EvmBlockContext,
  message: Message,
  limits: EstimateLimits,
): Promise<bigint> {
  let high = await highestGas(vm, message, limits);
  const run = (gas: bigint): Promise<Applied | undefined> => tryWith(vm, block, { ...message, gas });
  if (message.data.length === 0 && message.to !== undefined && message.authorizations.length === 0) {
    const isPlain = (await vm.stateManager.getCode(addressOf(message.to))).length === 0;
    if (isPlain && high >= TRANSFER_GAS) {
      const applied = await run(TRANSFER_GAS);
      if (applied !== undefined && applied.failure === undefined) return TRANSFER_GAS;
    }
  }
  const best = await run(high);
  if (best === undefined) throw serverError(`gas required exceeds allowance (${high})`);
  if (best.failure !== undefined) {
    if (best.isOutOfGas) throw serverError(`gas required exceeds allowance (${high})`);
    if (best.isVague) throw new VagueFailure();
    throw callError(best.failure, best.returnData);
  }
  let low = best.gasUsed - 1n;
  const succeeds = async (gas: bigint): Promise<boolean> => {
    const applied = await run(gas);
    return applied !== undefined && applied.failure === undefined;
  };
  const likely = ((best.maxUsedGas + CALL_STIPEND) * 64n) / 63n;
  if (likely < high) {
    if (await succeeds(likely)) high = likely;
    else low = likely;
  }
  while (low + 1n < high && Number(high - low) / Number(high) >= TOLERANCE) {
    const middle = (high + low) / 2n;
    // most calls need little more than they use: the search leans to the low end
    const gas = middle > low * 2n ? low * 2n : middle;
    if (await succeeds(gas)) high = gas;
    else low = gas;
  }
  return high;
}

/** What the block, the node, its pool and the sender's balance allow. */
async function highestGas(
  vm: VM,
  message: Message,
  { gasLimit, gasCap, txGas, asked }: EstimateLimits,
): Promise<bigint> {
  let high = asked !== undefined && asked >= TRANSFER_GAS ? asked : gasLimit;
  if (message.feeCap > 0n) {
    const balance = (await vm.stateManager.getAccount(addressOf(message.from)))?.balance ?? 0n;
    if (message.value > balance) throw serverError('insufficient funds for transfer');
    const affordable = (balance - message.value) / message.feeCap;
    if (affordable < high) high = affordable;
  }
  return smaller(smaller(high, gasCap), txGas);
}

/** Undefined: not enough gas to begin with. What it did is taken back. */
async function tryWith(vm: VM, block: EvmBlockContext, message: Message): Promise<Applied | undefined> {
  await vm.stateManager.checkpoint();
  try {
    return await applyMessage(vm, block, message);
  } catch (error) {
    if (error instanceof MessageError && error.simulateCode === EthCode.SIM_INTRINSIC_GAS) return undefined;
    throw error;
  } finally {
    await vm.stateManager.revert();
  }
}
