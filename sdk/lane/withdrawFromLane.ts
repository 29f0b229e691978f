import {
  type Account,
  type Address,
  BaseError,
  type Chain,
  type Client,
  decodeErrorResult,
  encodeFunctionData,
  type Hex,
  isHex,
  type Transport,
} from 'viem';
import { sendTransaction, waitForTransactionReceipt } from 'viem/actions';
import { BRIDGED_TOKEN_ABI, OUTBOX_ABI, TOKEN_FACTORY_ABI } from '../../genesis/predeploys/abi.ts';
import { isOutboxLog, type OutboxLeaf, parseOutboxLog } from '../../genesis/predeploys/outbox.ts';
import { OUTBOX } from '../../protocol/lane/addresses.ts';
import { SdkError } from '../errors.ts';
import { engramError } from '../request.ts';

/** A viem wallet client of the EVM lane. Its schema and extensions do not matter here. */
// biome-ignore lint/suspicious/noExplicitAny: viem's clients are invariant in what is not used
export type LaneWallet = Client<Transport, Chain | undefined, Account, any, any>;

export interface WithdrawFromLaneParameters {
  /** Token id of the bridge; default 0, ETH. */
  readonly token?: number;
  /** Base units. */
  readonly amount: bigint;
  /** Who is paid on L1. Default: the wallet. With `account`: who gets the money if that account cannot take it. */
  readonly recipient?: Address;
  /** An account of the ledger, of the same token, that is paid instead. */
  readonly account?: number;
}

export interface LaneWithdrawal extends OutboxLeaf {
  readonly transactionHash: Hex;
  /** Of the EVM lane. */
  readonly block: bigint;
  /** Wei paid for the transaction. */
  readonly fee: bigint;
}

/**
 * Takes value out of the EVM lane: to L1, or into an account of the ledger. Waits until the transaction is in a block. L1 pays once its batch is
 * proven and attested: `waitForWithdrawal`, then `claimWithdrawal`.
 * @throws SdkError LANE_REVERTED with the contract's error name in `details`; RpcFailedError; NodeUnavailableError
 */
export async function withdrawFromLane(
  client: LaneWallet,
  { token = 0, amount, recipient = client.account.address, account = 0 }: WithdrawFromLaneParameters,
): Promise<LaneWithdrawal> {
  const [data, value] =
    token === 0
      ? [encodeFunctionData({ abi: OUTBOX_ABI, functionName: 'withdrawETH', args: [recipient, account] }), amount]
      : [
          encodeFunctionData({
            abi: OUTBOX_ABI,
            functionName: 'withdrawToken',
            args: [token, amount, recipient, account],
          }),
          0n,
        ];
  try {
    const { chain = null } = client;
    const hash = await sendTransaction(client, { account: client.account, chain, to: OUTBOX, data, value });
    const { status, logs, blockNumber, gasUsed, effectiveGasPrice } = await waitForTransactionReceipt(client, { hash });
    const log = logs.find(isOutboxLog);
    if (status !== 'success' || log === undefined) {
      throw new SdkError('LANE_REVERTED', `transaction ${hash} failed`, { hash });
    }
    return { ...parseOutboxLog(log), transactionHash: hash, block: blockNumber, fee: gasUsed * effectiveGasPrice };
  } catch (error) {
    throw laneError(error);
  }
}

/** A revert by its name; anything else as `engramError`. */
function laneError(error: unknown): Error {
  const data = revertData(error);
  if (data === undefined) return engramError(error);
  const name = errorName(data);
  return new SdkError('LANE_REVERTED', `the EVM lane refuses this: ${name}`, { error: name }, { cause: error });
}

/** What the call returned as it reverted: nodes send it as the error's `data`. */
function revertData(error: unknown): Hex | undefined {
  let found: Hex | undefined;
  if (error instanceof BaseError) {
    error.walk((cause) => {
      const { data } = (cause ?? {}) as { data?: unknown }; // any error of viem's may carry it
      if (isHex(data)) found = data;
      return found !== undefined;
    });
  }
  return found;
}

function errorName(data: Hex): string {
  // the errors of what Outbox calls come through it
  const abi = [...OUTBOX_ABI, ...TOKEN_FACTORY_ABI, ...BRIDGED_TOKEN_ABI].filter(isError);
  try {
    return decodeErrorResult({ abi, data }).errorName;
  } catch {
    return data;
  }
}

function isError<T extends { readonly type: string }>(item: T): item is Extract<T, { readonly type: 'error' }> {
  return item.type === 'error';
}
