import { controllerOf, packState } from '../../protocol/account.ts';
import { addressHex, ByteWriter, wordHex } from '../../protocol/bytes.ts';
import { l1OpWords } from '../../protocol/codec/l1Words.ts';
import { writeOp } from '../../protocol/codec/opBytes.ts';
import { payloadWord } from '../../protocol/codec/opWords.ts';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import type { Hex, LedgerMessage } from '../../protocol/lane/types.ts';
import { type Account, type AccountIndex, type L1Op, type Op, Opcode } from '../../protocol/types.ts';
import type { LedgerMirror } from './types.ts';

/** The ledger part of a block as anyone finds it on L1 (docs/protocol.md section 8). */
export interface LedgerPart {
  readonly number: bigint;
  readonly batch: number;
  readonly firstQueueIndex: bigint;
  readonly l1Ops: readonly L1Op[];
  /** Fee accounts the batch has named by the end of the block. */
  readonly feeAccounts: readonly AccountIndex[];
  readonly txs: readonly LedgerTx[];
}

export interface LedgerTx {
  readonly signer: AccountIndex;
  readonly ops: readonly Op[];
}

type Accounts = (index: AccountIndex) => Account | undefined;

const TAG = new TextEncoder().encode('engram/ledger/1');

/** The header's `parentBeaconBlockRoot`. */
export function ledgerHash(part: LedgerPart): Hex {
  const writer = new ByteWriter();
  writer.write(part.number, 8).write(part.batch, 8).write(part.firstQueueIndex, 8);
  writer.write(part.l1Ops.length, 4);
  for (const op of part.l1Ops) for (const word of l1OpWords(op)) writer.write(word, 32);
  writer.write(part.feeAccounts.length, 1);
  for (const index of part.feeAccounts) writer.write(index, 4);
  writer.write(
    part.txs.reduce((sum, { ops }) => sum + ops.length, 0),
    4,
  );
  for (const { ops } of part.txs) {
    ops.forEach((op, i) => {
      writeOp(writer, op, i === ops.length - 1);
    });
  }
  return wordHex(keccak256(Buffer.concat([TAG, writer.bytes()])));
}

/**
 * What contracts get to see of a block's ledger part (section 9).
 * @param account the ledger after the block's operations
 * @param carried accounts that the close of the batch before changed, for the first block of a batch
 */
export function mirrorOf(
  part: Pick<LedgerPart, 'l1Ops' | 'txs'>,
  { account, carried }: { account: Accounts; carried: Iterable<AccountIndex> },
): LedgerMirror {
  const touched = new Set<AccountIndex>(carried);
  for (const { index } of part.l1Ops) touched.add(index);
  for (const { signer, ops } of part.txs) {
    touched.add(signer);
    for (const { from, to } of ops) touched.add(from).add(to);
  }
  const leaves = [...touched]
    .sort((x, y) => x - y)
    .flatMap((index) => {
      const found = account(index);
      if (found === undefined) return [];
      return [{ index, state: packState(found), a: found.a, b: found.b, c: found.c }];
    });
  const claims = part.txs.flatMap(({ ops }) =>
    ops
      .filter(({ opcode }) => opcode === Opcode.CLAIM)
      .map((op) => ({ channel: op.from, receiptsRoot: payloadWord(op, 1), total: payloadWord(op, 0) })),
  );
  return { leaves, claims };
}

/** What a block's EXITs to the lane bring into it, in the order of the ops. An EXIT of nothing brings nothing. */
export function exitMessages(
  part: Pick<LedgerPart, 'txs'>,
  { account, evmLane }: { account: Accounts; evmLane: Hex | undefined },
): LedgerMessage[] {
  if (evmLane === undefined) return [];
  const lane = BigInt(evmLane);
  return part.txs.flatMap(({ ops }) =>
    ops.flatMap((op): LedgerMessage[] => {
      if (op.opcode !== Opcode.EXIT || payloadWord(op, 0) !== lane || op.amount === 0n) return [];
      const from = account(op.from);
      const controller = from && account(controllerOf(op.from, from));
      // an EXIT that was applied had both, and accounts are never deleted
      if (from === undefined || controller === undefined) return [];
      const to = addressHex(controller.c);
      return [{ kind: 'fromLedger', account: op.from, to, token: from.token, amount: op.amount }];
    }),
  );
}
