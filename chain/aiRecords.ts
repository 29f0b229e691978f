import { hasAssignedIndex, payloadWord } from '../protocol/codec/opWords.ts';
import { type AccountIndex, Opcode, type SignedTx } from '../protocol/types.ts';
import { type DbOp, put } from './db.ts';
import { keys } from './keys.ts';
import { claimRecord, originRecord } from './records.ts';
import type { ClaimRecord, OpLocation } from './types.ts';

/** A claim of a transaction, with its channel and the number of its op. */
interface FoundClaim {
  readonly channel: AccountIndex;
  readonly claim: ClaimRecord;
}

/** The claims of an applied transaction, in order. */
export function claimsOf(tx: SignedTx, location: Omit<OpLocation, 'op'>): FoundClaim[] {
  return tx.ops.flatMap((operation, op) => {
    if (operation.opcode !== Opcode.CLAIM) return [];
    const { from: channel, amount, fee } = operation;
    // words that are 0 need not travel
    const claim: ClaimRecord = {
      ...location,
      op,
      amount,
      fee,
      total: payloadWord(operation, 0),
      receiptsRoot: payloadWord(operation, 1),
      royalty: payloadWord(operation, 2),
    };
    return [{ channel, claim }];
  });
}

/** Accounts that an applied transaction created, in the order of its ops. */
export function createdBy(tx: SignedTx): AccountIndex[] {
  return tx.ops.filter(({ opcode }) => hasAssignedIndex(opcode)).map(({ to }) => to);
}

/** What look-ups of channels, attestations and claims need to know of an applied transaction. */
export function aiRecords(tx: SignedTx, location: Omit<OpLocation, 'op'>): DbOp[] {
  const origins = tx.ops.flatMap(({ opcode, to }, op) =>
    opcode === Opcode.ATTEST || opcode === Opcode.OPEN
      ? [put(keys.origin(to), originRecord.encode({ ...location, op }))]
      : [],
  );
  const claims = claimsOf(tx, location).map(({ channel, claim }) =>
    put(keys.claim(channel, claim), claimRecord.encode(claim)),
  );
  return [...origins, ...claims];
}
