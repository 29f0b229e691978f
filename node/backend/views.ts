/** From the ledger's types to what the RPC shows. Pure. */
import type { Block } from '../../chain/block.ts';
import type { BatchSummary } from '../../chain/types.ts';
import { addressHex, wordHex } from '../../protocol/bytes.ts';
import { txHash } from '../../protocol/tx.ts';
import {
  type Account,
  type ClosedBatch,
  type Exit,
  type Field,
  Kind,
  type L1Op,
  type SignedTx,
} from '../../protocol/types.ts';
import type {
  AccountView,
  BatchView,
  BlockView,
  ExitView,
  Hex,
  L1OpView,
  TransactionStatus,
} from '../../sdk/rpcTypes.ts';
import type { TxStatus } from '../../sequencer/txStatus.ts';

const KIND_NAMES = { [Kind.KEY]: 'KEY', [Kind.CHANNEL]: 'CHANNEL', [Kind.ATTEST]: 'ATTEST' } as const;
const L1_NAMES = { 1: 'DEPOSIT_NEW', 2: 'DEPOSIT_TO', 3: 'FORCED_EXIT' } as const;

export function accountView(index: number, account: Account): AccountView {
  const { kind, token, nonce, balance, claimed, a, b, c } = account;
  return {
    index,
    kind: KIND_NAMES[kind],
    token,
    nonce,
    balance,
    claimed,
    a,
    b,
    c,
    ...(kind === Kind.KEY && { address: addressHex(c) }),
  };
}

export function blockView(block: Block, domain: Field): BlockView {
  return {
    number: block.number,
    hash: wordHex(block.hash),
    parentHash: wordHex(block.parentHash),
    timestamp: block.timestamp,
    batch: block.batch,
    ledgerRoot: block.ledgerRoot,
    firstQueueIndex: block.l1.firstQueueIndex,
    l1Ops: block.l1.ops.map(l1OpView),
    txs: hashes(block.txs, domain),
  };
}

export function batchView({ batch, commitment, exits }: ClosedBatch, summary: BatchSummary): BatchView {
  const { number, shape, status, oldRoot, newRoot, timestamp, firstBlock, lastBlock, firstQueueIndex } = summary;
  return {
    number,
    shape,
    status,
    oldRoot,
    newRoot,
    timestamp,
    firstBlock,
    lastBlock,
    firstQueueIndex,
    feeAccounts: batch.feeAccounts.filter((index) => index !== 0),
    l1Ops: batch.l1Ops.map(l1OpView),
    txs: hashes(batch.txs, batch.domain),
    exits: exits.map(exitView),
    counts: { l1Ops: summary.l1Ops, txs: summary.txs, ops: summary.ops, exits: summary.exits },
    publicInputs: { c: commitment.c, r: commitment.r, y: commitment.y },
    dataHash: wordHex(commitment.dataHash),
    // hashes of L1 transactions, as the publisher stored them
    ...(summary.commitTx !== undefined && { commitTx: summary.commitTx as Hex }),
    ...(summary.proveTx !== undefined && { proveTx: summary.proveTx as Hex }),
  };
}

export function transactionStatus(hash: bigint, found: TxStatus): TransactionStatus {
  if (found.status === 'dropped') return { hash: wordHex(hash), status: 'dropped', reason: { code: found.code } };
  if (found.status === 'unknown' || found.status === 'pending') return { hash: wordHex(hash), status: found.status };
  const { status, block, batch, position, created } = found;
  return { hash: wordHex(hash), status, block, batch, position, ...(created.length > 0 && { created }) };
}

function l1OpView({ opcode, isVoid, index, token, amount, address }: L1Op): L1OpView {
  return { kind: L1_NAMES[opcode], isVoid, index, token, amount, address: addressHex(address) };
}

function exitView({ recipient, token, amount }: Exit): ExitView {
  return { recipient: addressHex(recipient), token, amount };
}

function hashes(txs: readonly SignedTx[], domain: Field): Hex[] {
  return txs.map((tx) => wordHex(txHash(tx, domain)));
}
