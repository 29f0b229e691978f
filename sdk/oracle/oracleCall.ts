import {
  type ContractFunctionArgs,
  type ContractFunctionName,
  encodeFunctionData,
  type Hex,
  type TransactionReceipt,
} from 'viem';
import { LEDGER_READ_ABI } from '../../genesis/predeploys/abi.ts';
import { ORACLE_ABI } from '../../genesis/predeploys/oracleAbi.ts';
import { ORACLE } from '../../protocol/lane/addresses.ts';
import { type LaneWallet, sendOnLane } from '../lane/sendOnLane.ts';

type Writing = ContractFunctionName<typeof ORACLE_ABI, 'nonpayable' | 'payable'>;

/** Errors of Oracle, and of LedgerRead, which come through it. */
export const ORACLE_ERRORS = [...ORACLE_ABI, ...LEDGER_READ_ABI];

export interface SentToOracle {
  readonly transactionHash: Hex;
  /** Of the EVM lane. */
  readonly block: bigint;
  /** Wei paid for the transaction. */
  readonly cost: bigint;
}

export function sentOf({
  transactionHash,
  blockNumber: block,
  gasUsed,
  effectiveGasPrice,
}: TransactionReceipt): SentToOracle {
  return { transactionHash, block, cost: gasUsed * effectiveGasPrice };
}

/** Sends a call of Oracle and waits until it is in a block. @throws as `sendOnLane` */
export function callOracle<F extends Writing>(
  client: LaneWallet,
  functionName: F,
  args: ContractFunctionArgs<typeof ORACLE_ABI, 'nonpayable' | 'payable', F>,
  sending: { readonly value?: bigint; readonly gas?: bigint } = {},
): Promise<TransactionReceipt> {
  const data = encodeFunctionData({ abi: ORACLE_ABI, functionName, args } as never); // one of its functions, with its arguments
  return sendOnLane(client, { to: ORACLE, data, errors: ORACLE_ERRORS, ...sending });
}
