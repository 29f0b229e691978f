import { type Address, type Hex, parseEventLogs } from 'viem';
import { ORACLE_ABI } from '../../genesis/predeploys/oracleAbi.ts';
import { SdkError } from '../errors.ts';
import type { LaneWallet } from '../lane/sendOnLane.ts';
import { callOracle } from './oracleCall.ts';

/** Gives the fee of a question that has no answer after its deadline to its asker's credit; anybody can. @throws as `sendOnLane` */
export async function refundQuestion(client: LaneWallet, question: bigint): Promise<Hex> {
  return (await callOracle(client, 'refund', [question])).transactionHash;
}

/** Takes what the wallet has earned, or got back, out of Oracle. @throws as `sendOnLane` */
export async function withdrawOracleCredit(
  client: LaneWallet,
  { to = client.account.address }: { readonly to?: Address } = {},
): Promise<{ readonly amount: bigint; readonly transactionHash: Hex }> {
  const { logs, transactionHash } = await callOracle(client, 'withdraw', [to]);
  const [taken] = parseEventLogs({ abi: ORACLE_ABI, eventName: 'Withdrawn', logs });
  if (taken === undefined) throw new SdkError('BAD_ANSWER', `transaction ${transactionHash} paid nothing`);
  return { amount: taken.args.amount, transactionHash };
}
