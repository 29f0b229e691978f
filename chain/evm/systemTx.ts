import { createFeeMarket1559Tx } from '@ethereumjs/tx';
import { inboxCall } from '../../genesis/predeploys/inboxCall.ts';
import { INBOX, SYSTEM_SENDER } from '../../protocol/lane/addresses.ts';
import type { LaneMessage } from '../../protocol/lane/types.ts';
import { addressOf } from './address.ts';
import type { EngramCommon } from './common.ts';
import { hexBytes, keccakHex } from './crypto.ts';
import { asSystemTx } from './sender.ts';
import type { EvmTx } from './types.ts';

const INBOX_ADDRESS = addressOf(INBOX);

/** The transaction that delivers a message, and what the sender's account has to hold for it. */
export interface SystemTx extends EvmTx {
  /** Wei: `value + gasLimit × baseFeePerGas`. */
  readonly funding: bigint;
  /** Who is credited the value if the call fails. */
  readonly refundTo: Uint8Array;
}

/** docs/protocol.md section 8. @param nonce the number of system transactions before it on the chain */
export function systemTx(
  message: LaneMessage,
  { nonce, baseFee, common }: { nonce: bigint; baseFee: bigint; common: EngramCommon },
): SystemTx {
  const { value, data, gasLimit, refundTo } = inboxCall(message);
  const unsigned = createFeeMarket1559Tx(
    {
      chainId: common.chainId(),
      nonce,
      maxFeePerGas: baseFee,
      maxPriorityFeePerGas: 0n,
      gasLimit,
      to: INBOX_ADDRESS,
      value,
      data,
    },
    { common },
  );
  const tx = asSystemTx(unsigned);
  const raw = tx.serialize();
  return {
    hash: keccakHex(raw),
    sender: SYSTEM_SENDER,
    raw,
    tx,
    funding: value + gasLimit * baseFee,
    refundTo: hexBytes(refundTo),
  };
}
