import { ChainError } from '../chain/errors.ts';
import type { WireBlock } from '../chain/wire/types.ts';
import { isUnsigned } from '../chain/wire/unsignedTx.ts';
import { payloadWord } from '../protocol/codec/opWords.ts';
import type { SignedMessage } from '../protocol/crypto/eddsa.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { txHash } from '../protocol/tx.ts';
import {
  type Account,
  type AccountIndex,
  type Field,
  Kind,
  L1Opcode,
  Opcode,
  type Point,
  type SignedTx,
} from '../protocol/types.ts';
import { voucherItems } from '../protocol/voucherItems.ts';

export interface ImportCheckDeps {
  readonly domain: Field;
  /** As of the block before. */
  readonly account: (index: AccountIndex) => Account | undefined;
  /** Verdicts in the order of the items. */
  readonly verify: (items: readonly SignedMessage[]) => Promise<readonly boolean[]>;
}

/**
 * Checks the signatures and vouchers of the ledger transactions of somebody else's block. Accounts may come to be in the block itself. An
 * index that the block gives away twice, or before it is free, is the ledger's to refuse.
 * @throws ProtocolError BAD_SIGNATURE, BAD_VOUCHER {tx: position in the block}; ChainError BLOCK_INVALID: signed by nobody there is
 */
export async function checkSignatures(block: WireBlock, deps: ImportCheckDeps): Promise<void> {
  const created = keysCreatedBy(block);
  const account = (index: AccountIndex): Account | undefined => deps.account(index) ?? created.get(index);
  const items: SignedMessage[] = [];
  const about: { readonly tx: number; readonly isVoucher: boolean }[] = [];
  for (const [tx, signed] of block.txs.entries()) {
    if (isUnsigned(signed)) throw new ProtocolError('BAD_SIGNATURE', { tx });
    for (const [i, item] of itemsOf(signed, { block, domain: deps.domain, account }).entries()) {
      items.push(item);
      about.push({ tx, isVoucher: i > 0 });
    }
  }
  if (items.length === 0) return;
  const verdicts = await deps.verify(items);
  const bad = about.find((_, i) => verdicts[i] !== true);
  if (bad !== undefined) throw new ProtocolError(bad.isVoucher ? 'BAD_VOUCHER' : 'BAD_SIGNATURE', { tx: bad.tx });
}

/** The transaction's own signature, then its vouchers'. */
function itemsOf(
  tx: SignedTx,
  deps: { block: WireBlock; domain: Field; account: (index: AccountIndex) => Account | undefined },
): SignedMessage[] {
  const { block, domain, account } = deps;
  const signer = account(tx.signer);
  if (signer?.kind !== Kind.KEY) {
    throw new ChainError('BLOCK_INVALID', { block: block.number, reason: 'a signer without a key', signer: tx.signer });
  }
  const own = { pub: [signer.a, signer.b] as Point, message: txHash(tx, domain), signature: tx.signature }; // a KEY account has a point
  try {
    return [own, ...voucherItems(tx, domain, account)];
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new ChainError('BLOCK_INVALID', { block: block.number, reason: cause.code }, { cause });
  }
}

/** What accounts that the block makes sign with: nothing else of them is asked for. */
function keysCreatedBy({ l1, txs }: WireBlock): Map<AccountIndex, Account> {
  const created = new Map<AccountIndex, Account>();
  const add = (index: AccountIndex, kind: Account['kind'], a: Field, b: Field): void => {
    if (!created.has(index)) created.set(index, { kind, token: 0, nonce: 0, balance: 0n, claimed: 0n, a, b, c: a });
  };
  for (const { opcode, index, x, y } of l1.ops) if (opcode === L1Opcode.DEPOSIT_NEW) add(index, Kind.KEY, x, y);
  for (const op of txs.flatMap(({ ops }) => ops)) {
    const [x, y] = [payloadWord(op, 0), payloadWord(op, 1)];
    if (op.opcode === Opcode.REGISTER) add(op.to, Kind.KEY, x, y);
    else if (op.opcode === Opcode.OPEN) add(op.to, Kind.CHANNEL, x, y);
  }
  return created;
}
