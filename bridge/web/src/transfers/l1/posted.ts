import type { Address, Hex, Log } from 'viem';
import { isAddressEqual } from 'viem';
import { decodeBody } from '../../../../../protocol/codec/body.ts';
import { type L1Op, Opcode } from '../../../../../protocol/types.ts';
import { parseEvent } from '../../../../client/events.ts';
import { decodeCommit } from '../../../../client/postedBatch.ts';
import { addressOf, shapeNameOf } from '../../../../client/units.ts';

/** An EXIT as it was posted. */
export interface PostedExit {
  readonly account: number;
  /** Lower case. */
  readonly recipient: Address;
  readonly token: number;
  readonly amount: bigint;
}

/** What L1's data say of a batch; nothing of it is a node's word. */
export interface PostedFacts {
  readonly number: number;
  readonly commitTx: Hex;
  /** Seconds: of the L1 block that has it. */
  readonly committedAt: number;
  /** Seconds: the batch's own. */
  readonly timestamp: number;
  readonly l1Ops: readonly L1Op[];
  readonly exits: readonly PostedExit[];
}

/** @throws BridgeError NOT_A_COMMIT; ProtocolError */
export function postedFacts(
  number: number,
  { commitTx, input, committedAt }: { commitTx: Hex; input: Hex; committedAt: number },
): PostedFacts {
  const { input: header, body } = decodeCommit(input);
  const { l1Count, exitCount, opCount, timestamp } = header;
  const { l1Ops, exits, txOps } = decodeBody(body, { shape: shapeNameOf(header.shapeId), l1Count, exitCount, opCount });
  // L1 lists recipient, amount and token of each EXIT in the order of the ops, which know the account
  const from = txOps.flat().filter(({ opcode }) => opcode === Opcode.EXIT);
  return {
    number,
    commitTx,
    committedAt,
    timestamp,
    l1Ops,
    exits: exits.map(({ recipient, token, amount }, i) => ({
      account: from[i]?.from ?? 0,
      recipient: addressOf(recipient),
      token,
      amount,
    })),
  };
}

/** Why L1 credited somebody. */
export type CreditCause =
  | { readonly kind: 'batch'; readonly batch: number }
  | { readonly kind: 'escape'; readonly account: number }
  | { readonly kind: 'refund'; readonly queueIndex: bigint }
  /** Bonds, rewards, fees of those who run the chain. */
  | { readonly kind: 'other' };

/** The causes of a transaction's credits by their position in the block: the event before them says why. @throws BridgeError BAD_LOG */
export function creditCauses(logs: readonly Log[], rollup: Address): Map<number, CreditCause> {
  const causes = new Map<number, CreditCause>();
  let cause: CreditCause = { kind: 'other' };
  for (const log of logs) {
    if (!isAddressEqual(log.address, rollup)) continue;
    const event = parseEvent(log);
    if (event.type === 'credited') causes.set(event.l1.logIndex, cause);
    else if (event.type === 'proven') cause = { kind: 'batch', batch: event.number };
    else if (event.type === 'escaped') cause = { kind: 'escape', account: event.index };
    else if (event.type === 'refunded') cause = { kind: 'refund', queueIndex: event.queueIndex };
    else cause = { kind: 'other' };
  }
  return causes;
}
