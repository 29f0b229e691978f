/** What a stored block means to accounts and addresses. Pure, but for the look-up of accounts' constants. */
import type { Block } from '../../chain/block.ts';
import { userGas } from '../../chain/evm/fees.ts';
import { unpackChannel } from '../../protocol/account.ts';
import { addressHex, wordHex } from '../../protocol/bytes.ts';
import { payloadWord } from '../../protocol/codec/opWords.ts';
import { txHash } from '../../protocol/tx.ts';
import { type Account, type AccountIndex, type Field, L1Opcode, type Op, Opcode } from '../../protocol/types.ts';
import type { L1OpName, OpcodeName } from '../../sdk/explorerTypes.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { ExplorerError } from './errors.ts';
import { evmValueOf } from './evmValue.ts';
import { Phase, placeText } from './places.ts';
import type { BlockEntry, EvmEntry, ExitEntry, HistoryRecord } from './records.ts';
import { merge, sumFees, type Totals } from './statsBuckets.ts';

export interface Placed<T> {
  /** Account, or 40 hexadecimal digits of an address. */
  readonly of: string | number;
  readonly place: string;
  readonly entry: T;
}

export interface BlockWrites {
  readonly block: BlockEntry;
  readonly history: readonly Placed<HistoryRecord>[];
  readonly exits: readonly Placed<ExitEntry>[];
  readonly evm: readonly Placed<EvmEntry>[];
  readonly totals: Totals;
}

export interface BlockWritesDeps {
  readonly domain: Field;
  /** As of any later block: token and terms of an account never change. */
  readonly account: (index: AccountIndex) => Account | undefined;
}

export const OP_NAMES = {
  [Opcode.TRANSFER]: 'TRANSFER',
  [Opcode.REGISTER]: 'REGISTER',
  [Opcode.EXIT]: 'EXIT',
  [Opcode.ATTEST]: 'ATTEST',
  [Opcode.OPEN]: 'OPEN',
  [Opcode.CLAIM]: 'CLAIM',
  [Opcode.CLOSE]: 'CLOSE',
} as const satisfies Record<Exclude<Opcode, 0>, OpcodeName>;

const L1_NAMES = {
  [L1Opcode.DEPOSIT_NEW]: 'DEPOSIT_NEW',
  [L1Opcode.DEPOSIT_TO]: 'DEPOSIT_TO',
  [L1Opcode.FORCED_EXIT]: 'FORCED_EXIT',
} as const satisfies Record<Exclude<L1Opcode, 0>, L1OpName>;

/** @throws ExplorerError ACCOUNT_UNKNOWN: the chain went back while it was read */
export function blockWrites(block: Block, deps: BlockWritesDeps): BlockWrites {
  const common = { batch: block.batch, timestamp: block.timestamp };
  const l1 = l1Writes(block, common);
  const ledger = ledgerWrites(block, deps);
  const evm = evmWrites(block);
  const { ops, claims, fees, royalties } = ledger;
  const users = block.evm.receipts.slice(block.evm.systemTxs);
  const counts = {
    l1Ops: block.l1.ops.length,
    ledgerTxs: block.txs.length,
    evmTxs: users.length,
    evmGasUsed: userGas(block.evm),
  };
  return {
    block: {
      hash: block.evm.hash,
      ...common,
      ...counts,
      fees,
      royalties,
      feeAccounts: block.feeAccounts.filter((index) => index !== 0),
    },
    history: [...l1.history, ...ledger.history],
    exits: [...l1.exits, ...ledger.exits],
    evm,
    totals: {
      blocks: 1,
      ...counts,
      ops: merge(
        ops.map((opcode) => ({ opcode, count: 1 })),
        ({ opcode }) => opcode,
        (x, y) => ({ ...x, count: x.count + y.count }),
      ),
      inference: merge(
        claims,
        ({ token }) => token,
        (x, y) => ({ ...x, claims: x.claims + y.claims, paid: x.paid + y.paid, royalties: x.royalties + y.royalties }),
      ),
      fees,
      evmFees: users.reduce((sum, { gasUsed, effectiveGasPrice }) => sum + gasUsed * effectiveGasPrice, 0n),
      batches: 0,
    },
  };
}

type Common = Pick<HistoryRecord, 'batch' | 'timestamp'>;

/** FORCED_EXIT took the whole balance, and its op says how much that was; a void one changed nothing. */
function l1Writes({ number, l1 }: Block, common: Common): Pick<BlockWrites, 'history' | 'exits'> {
  const history: Placed<HistoryRecord>[] = [];
  const exits: Placed<ExitEntry>[] = [];
  l1.ops.forEach(({ opcode, isVoid, index, token, amount, address }, position) => {
    const place = placeText({ block: number, phase: Phase.L1, position, op: 0 });
    const queueIndex = l1.firstQueueIndex + BigInt(position);
    const isExit = opcode === L1Opcode.FORCED_EXIT;
    const change = isVoid ? 0n : isExit ? -amount : amount;
    const where = { ...common, transaction: undefined, queueIndex };
    history.push({
      of: index,
      place,
      entry: { ...where, kind: L1_NAMES[opcode], change, other: undefined, isVoid },
    });
    if (!isExit || isVoid) return;
    exits.push({ of: digits(address), place, entry: { ...where, account: index, token, amount } });
  });
  return { history, exits };
}

/** Rules of section 3 of docs/protocol.md: what each op takes from one account and gives to another. */
function ledgerWrites(block: Block, { domain, account }: BlockWritesDeps) {
  const history: Placed<HistoryRecord>[] = [];
  const exits: Placed<ExitEntry>[] = [];
  const ops: OpcodeName[] = [];
  const claims: { token: number; claims: number; paid: bigint; royalties: bigint }[] = [];
  const fees: { token: number; amount: bigint }[] = [];
  const royalties: { account: number; amount: bigint }[] = [];
  block.txs.forEach((tx, position) => {
    const { token } = known(account, tx.signer);
    const transaction: Hex = wordHex(txHash(tx, domain));
    const where = { batch: block.batch, timestamp: block.timestamp, transaction, queueIndex: undefined };
    tx.ops.forEach((operation, op) => {
      const { opcode, from, amount, fee } = operation;
      if (opcode === Opcode.NOP) return;
      const place = placeText({ block: block.number, phase: Phase.TX, position, op });
      const kind = OP_NAMES[opcode];
      const royalty = opcode === Opcode.CLAIM ? payloadWord(operation, 2) : 0n;
      const paid = amount + fee + royalty;
      ops.push(kind);
      if (fee > 0n) fees.push({ token, amount: fee });
      for (const { of, change, other } of sides(operation, paid)) {
        history.push({ of, place, entry: { ...where, kind, change, other, isVoid: false } });
      }
      if (opcode === Opcode.EXIT) {
        const recipient = digits(payloadWord(operation, 0));
        exits.push({ of: recipient, place, entry: { ...where, account: from, token, amount } });
      }
      if (opcode !== Opcode.CLAIM) return;
      claims.push({ token, claims: 1, paid, royalties: royalty });
      const { model } = unpackChannel(known(account, from).c);
      if (royalty > 0n) royalties.push({ account: model, amount: royalty });
    });
  });
  return {
    ...{ history, exits, ops, claims },
    fees: sumFees(fees),
    royalties: merge(
      royalties,
      (entry) => entry.account,
      (x, y) => ({ ...x, amount: x.amount + y.amount }),
    ),
  };
}

interface Side {
  readonly of: number;
  readonly change: bigint;
  readonly other: number | undefined;
}

/** One line for each account an op changes. @param paid what `from` loses */
function sides({ opcode, from, to, amount }: Op, paid: bigint): Side[] {
  if (opcode === Opcode.EXIT) return [{ of: from, change: -paid, other: undefined }];
  if (from === to) return [{ of: from, change: amount - paid, other: to }];
  return [
    { of: from, change: -paid, other: to },
    { of: to, change: amount, other: from },
  ];
}

/** Users' transactions, once for each address they name; what system transactions bring, the messages of L1 tell. */
function evmWrites({ number, batch, timestamp, evm }: Block): Placed<EvmEntry>[] {
  return evm.receipts.slice(evm.systemTxs).flatMap((receipt, i) => {
    const position = evm.systemTxs + i;
    const place = placeText({ block: number, phase: Phase.TX, position, op: 0 });
    const { txHash: hash, from, to, contractAddress, status } = receipt;
    const value = evmValueOf(evm.txs[position] ?? new Uint8Array());
    const entry: EvmEntry = { hash, batch, timestamp, from, to, value, isSuccess: status === 1 };
    const named = [from, to, contractAddress].flatMap((address) => (address === undefined ? [] : [address]));
    return [...new Set(named.map((address) => address.slice(2).toLowerCase()))].map((of) => ({ of, place, entry }));
  });
}

function known(account: BlockWritesDeps['account'], index: AccountIndex): Account {
  const found = account(index);
  if (found === undefined) throw new ExplorerError('ACCOUNT_UNKNOWN', { index });
  return found;
}

/** 40 hexadecimal digits. */
function digits(address: bigint): string {
  return addressHex(address).slice(2);
}
