import { type Address, encodeFunctionData, type Hex } from 'viem';
import { OUTBOX_ABI } from '../../genesis/predeploys/abi.ts';
import { isOutboxLog, type OutboxLeaf, parseOutboxLog } from '../../genesis/predeploys/outbox.ts';
import { OUTBOX } from '../../protocol/lane/addresses.ts';
import { SdkError } from '../errors.ts';
import { type LaneCall, type LaneWallet, sendOnLane } from './sendOnLane.ts';

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
 * @throws as `sendOnLane`
 */
export async function withdrawFromLane(
  client: LaneWallet,
  parameters: WithdrawFromLaneParameters,
): Promise<LaneWithdrawal> {
  const recipient = parameters.recipient ?? client.account.address;
  const receipt = await sendOnLane(client, laneWithdrawalCall({ ...parameters, recipient }));
  const { transactionHash, logs, blockNumber: block, gasUsed, effectiveGasPrice } = receipt;
  const log = logs.find(isOutboxLog);
  if (log === undefined) throw new SdkError('BAD_ANSWER', `transaction ${transactionHash} has no withdrawal`);
  return { ...parseOutboxLog(log), transactionHash, block, fee: gasUsed * effectiveGasPrice };
}

/** The call that `withdrawFromLane` sends, for who sends it otherwise. Pure. */
export function laneWithdrawalCall({
  token = 0,
  amount,
  recipient,
  account = 0,
}: WithdrawFromLaneParameters & { readonly recipient: Address }): LaneCall {
  const abi = OUTBOX_ABI;
  return token === 0
    ? {
        to: OUTBOX,
        data: encodeFunctionData({ abi, functionName: 'withdrawETH', args: [recipient, account] }),
        value: amount,
      }
    : {
        to: OUTBOX,
        data: encodeFunctionData({ abi, functionName: 'withdrawToken', args: [token, amount, recipient, account] }),
      };
}
