import {
  type Abi,
  type Account,
  BaseError,
  type Chain,
  type Client,
  decodeErrorResult,
  type Hex,
  isHex,
  type TransactionReceipt,
  type Transport,
} from 'viem';
import { sendTransaction, waitForTransactionReceipt } from 'viem/actions';
import { BRIDGED_TOKEN_ABI, INBOX_ABI, OUTBOX_ABI, TOKEN_FACTORY_ABI } from '../../genesis/predeploys/abi.ts';
import { SdkError } from '../errors.ts';
import { engramError } from '../request.ts';

/** A viem wallet client of the EVM lane. Its schema and extensions do not matter here. */
// biome-ignore lint/suspicious/noExplicitAny: viem's clients are invariant in what is not used
export type LaneWallet = Client<Transport, Chain | undefined, Account, any, any>;

/** A call of a predeploy. */
export interface LaneCall {
  readonly to: Hex;
  readonly data: Hex;
  readonly value?: bigint;
  readonly gas?: bigint;
  /** Errors it may fail with, beside those of the bridge's contracts. */
  readonly errors?: Abi;
}

/**
 * Sends a call of a predeploy, waits until it is in a block.
 * @throws SdkError LANE_REVERTED with the contract's error name in `details`; RpcFailedError; NodeUnavailableError
 */
export async function sendOnLane(client: LaneWallet, { errors = [], ...call }: LaneCall): Promise<TransactionReceipt> {
  try {
    const { account, chain = null } = client;
    const hash = await sendTransaction(client, { account, chain, ...call });
    const receipt = await waitForTransactionReceipt(client, { hash });
    if (receipt.status !== 'success') throw new SdkError('LANE_REVERTED', `transaction ${hash} failed`, { hash });
    return receipt;
  } catch (error) {
    throw laneError(error, errors);
  }
}

/** A revert by its name; anything else as `engramError`. */
export function laneError(error: unknown, errors: Abi): Error {
  const data = revertData(error);
  if (data === undefined) return engramError(error);
  const name = errorName(data, errors);
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

function errorName(data: Hex, errors: Abi): string {
  // errors of what a predeploy calls come through it
  const abi: Abi = [...INBOX_ABI, ...OUTBOX_ABI, ...TOKEN_FACTORY_ABI, ...BRIDGED_TOKEN_ABI, ...errors].filter(isError);
  try {
    return decodeErrorResult({ abi, data }).errorName;
  } catch {
    return data;
  }
}

function isError<T extends { readonly type: string }>(item: T): item is Extract<T, { readonly type: 'error' }> {
  return item.type === 'error';
}
