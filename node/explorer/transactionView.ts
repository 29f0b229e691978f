/** From a ledger transaction to what an explorer shows of it. Pure. */
import { createdBy } from '../../chain/aiRecords.ts';
import { isUnsigned } from '../../chain/wire/unsignedTx.ts';
import { unpackAttestation, unpackChannel } from '../../protocol/account.ts';
import { addressHex, prefixedHex, wordHex } from '../../protocol/bytes.ts';
import { hasAssignedIndex, payloadWord } from '../../protocol/codec/opWords.ts';
import { encodeTx } from '../../protocol/codec/tx.ts';
import { packPoint } from '../../protocol/crypto/babyjub.ts';
import { NO_ACCOUNT } from '../../protocol/ids.ts';
import { type Op, Opcode, type SignedTx } from '../../protocol/types.ts';
import type { LedgerTransactionView, OpView } from '../../sdk/explorerTypes.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { OP_NAMES } from './blockWrites.ts';

/** What its block and its signer's account tell. */
export type Circumstances = Pick<LedgerTransactionView, 'hash' | 'status' | 'token'> &
  Partial<Pick<LedgerTransactionView, 'block' | 'batch' | 'position' | 'timestamp'>>;

export function transactionView(tx: SignedTx, known: Circumstances): LedgerTransactionView {
  const { signer, nonce } = tx;
  const isPending = known.status === 'pending';
  return {
    ...known,
    signer,
    nonce,
    ops: tx.ops.flatMap((op) => (op.opcode === Opcode.NOP ? [] : [opView(op, op.opcode)])),
    created: isPending ? [] : createdBy(tx),
    ...(!isUnsigned(tx) && { raw: prefixedHex(encodeTx(asSent(tx))) }),
  };
}

function opView(op: Op, opcode: Exclude<Opcode, 0>): OpView {
  const { from, to, amount, fee } = op;
  return { opcode: OP_NAMES[opcode], from, to, amount, fee, details: details(op) };
}

function details(op: Op): Readonly<Record<string, string>> {
  const [p1, p2, p3] = [payloadWord(op, 0), payloadWord(op, 1), payloadWord(op, 2)];
  const key = (): Hex => prefixedHex(packPoint([p1, p2]));
  switch (op.opcode) {
    case Opcode.REGISTER:
      return { key: key(), address: addressHex(p3) };
    case Opcode.EXIT:
      return { recipient: addressHex(p1) };
    case Opcode.ATTEST: {
      const { owner, parent, royaltyBps, subtype } = unpackAttestation(p3);
      const numbers = { owner, parent, royaltyBps, subtype };
      return { artefact: wordHex(p1), provenance: wordHex(p2), ...decimal(numbers) };
    }
    case Opcode.OPEN: {
      const { provider, payer, model, expiry } = unpackChannel(p3);
      return { voucherKey: key(), ...decimal({ provider, payer, model, expiry }) };
    }
    case Opcode.CLAIM:
      return { total: p1.toString(), receiptsRoot: wordHex(p2), royalty: p3.toString() };
    default:
      return op.payload.length === 0 ? {} : { memo: `0x${op.payload.map((word) => wordHex(word).slice(2)).join('')}` };
  }
}

function decimal(numbers: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)]));
}

/** Indices that the sequencer assigned are 0 in what a user sends; the hash does not cover them. */
function asSent(tx: SignedTx): SignedTx {
  return { ...tx, ops: tx.ops.map((op) => (hasAssignedIndex(op.opcode) ? { ...op, to: NO_ACCOUNT } : op)) };
}
