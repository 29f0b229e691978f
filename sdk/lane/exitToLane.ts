import { type WithdrawParameters, withdraw } from '../actions/withdraw.ts';
import { bridgeOf } from '../chain.ts';
import { SdkError } from '../errors.ts';
import type { AnyClient } from '../request.ts';
import type { Hex } from '../rpcTypes.ts';

/**
 * Moves funds from the ledger to the EVM lane, in one block: an EXIT to the lane's contract. They arrive at the address of the account's
 * controller (the owner that its deposit or registration named). Returns the hash.
 * @throws SdkError NO_EVM_LANE; as `send`
 */
export function exitToLane(client: AnyClient, parameters: Omit<WithdrawParameters, 'recipient'>): Promise<Hex> {
  const { evmLane } = bridgeOf(client.chain);
  if (evmLane === undefined)
    throw new SdkError('NO_EVM_LANE', 'the chain definition names no contract of the EVM lane');
  return withdraw(client, { ...parameters, recipient: evmLane });
}
