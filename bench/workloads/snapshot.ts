import type { Db, DbOp } from '../../chain/db.ts';
import { put } from '../../chain/db.ts';
import { bytesHex, keccak } from '../../chain/evm/crypto.ts';
import { EvmRecords } from '../../chain/evm/evmRecords.ts';
import type { LeafWords } from '../../chain/evm/types.ts';
import { keys } from '../../chain/keys.ts';
import { openChain } from '../../chain/openChain.ts';
import { accountRecord, headRecord, summaryRecord } from '../../chain/records.ts';
import { RootBuilder } from '../../chain/snapshot/rootBuilder.ts';
import type { PostedFacts } from '../../chain/snapshot/types.ts';
import { OUTBOX_ROOT_SLOT } from '../../genesis/predeploys/outbox.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import { keyAccount, leafHash, packState } from '../../protocol/account.ts';
import { encodeBody } from '../../protocol/codec/body.ts';
import { toField, ZERO } from '../../protocol/field.ts';
import { accountIndex, batchNumber } from '../../protocol/ids.ts';
import { OUTBOX } from '../../protocol/lane/addresses.ts';
import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import { EMPTY_ROOT } from '../../protocol/tree.ts';
import type { Account, AccountIndex, FeeLanes, Field } from '../../protocol/types.ts';

export const DOMAIN = 7n as Field; // any field element
/** Leaves that one block mirrors. */
const MIRRORED = 5_000;
const NOBODY = `0x${'00'.repeat(20)}` as const;
const NO_FEES = [0, 0, 0, 0].map(accountIndex) as unknown as FeeLanes; // four indices

function accountAt(i: number): Account {
  const key = [toField(BigInt(bytesHex(keccak(Buffer.from(`x ${i}`))))), toField(BigInt(i) ** 9n)] as const;
  return keyAccount({ key, address: BigInt(i), token: 0, balance: BigInt(i) * 10n ** 12n });
}

/**
 * A store after one proven batch, with accounts that no transaction made: their leaves are written, and mirrored in the EVM lane, as blocks would
 * have done it.
 */
export async function crowdedStore(db: Db, genesis: GenesisState, accounts: number): Promise<PostedFacts> {
  const { lane } = await openChain({ domain: DOMAIN, genesis }, { db });
  const root = new RootBuilder();
  const records = new EvmRecords({ common: lane.common }, { db });
  let last: DbOp[] = [];
  for (let from = 1; from <= accounts; from += MIRRORED) {
    const leaves: LeafWords[] = [];
    const ops: DbOp[] = [];
    for (let i = from; i < Math.min(from + MIRRORED, accounts + 1); i += 1) {
      const index: AccountIndex = accountIndex(i);
      const account = accountAt(i);
      const { a, b, c } = account;
      leaves.push({ index, state: packState(account), a, b, c });
      root.add(index, leafHash(account));
      ops.push(put(keys.account(index), accountRecord.encode(account)));
    }
    const mirror = { leaves, claims: [] };
    const { header, hash, receipts, writes, outbox, commit } = await lane.execute(
      {
        ...{ parent: lane.head, beneficiary: NOBODY, ledgerRoot: ZERO, mirror, messages: [] },
        timestamp: Number(lane.head.timestamp) + 1,
        ledgerHash: bytesHex(keccak(lane.head.hash())),
      },
      [],
    );
    await db.write([...ops, ...writes]);
    commit();
    last = records.block({
      ...{ header, hash, receipts, outbox, messages: [], txs: [], systemTxs: 0, inboxCount: 0n },
      mirror: { leaves: [], claims: [] },
    });
  }
  const facts = factsOf(root.root(), lane.head.number);
  const output = {
    ...{ blockHash: bytesHex(lane.head.hash()), inboxCount: 0n, outboxCount: 0n },
    outboxRoot: await lane.stateAt(lane.head.stateRoot).storage(OUTBOX, OUTBOX_ROOT_SLOT),
  };
  const batch = evmBatchOf(output, Uint8Array.of(1));
  const { ledgerRoot, timestamp, lastBlock } = facts;
  const head = {
    ...{ block: lastBlock, hash: BigInt(output.blockHash), timestamp: Number(lane.head.timestamp), nextQueueIndex: 0n },
    ...{ inboxCount: 0n, open: undefined, closedBatch: 1, closedRoot: ledgerRoot },
  };
  const summary = {
    ...({
      number: batchNumber(1),
      shape: facts.shape,
      status: 'proven',
      oldRoot: EMPTY_ROOT,
      newRoot: ledgerRoot,
    } as const),
    ...{ timestamp, firstBlock: 1n, lastBlock, firstQueueIndex: 0n, l1Ops: 0, txs: 0, ops: 0, exits: 0 },
    ...{ commitTx: undefined, proveTx: undefined },
  };
  await db.write([
    ...last,
    records.batch(1, batch),
    put(keys.summary(1), summaryRecord.encode(summary)),
    put(keys.head, headRecord.encode({ domain: DOMAIN, head })),
  ]);
  return { ...facts, evmCommitment: batch.commitment, dataHash: batch.dataHash };
}

function factsOf(ledgerRoot: Field, lastBlock: bigint): PostedFacts {
  const shared = {
    number: batchNumber(1),
    shape: 'small',
    timestamp: 1_800_000_000,
    firstBlock: 1n,
    lastBlock,
  } as const;
  const empty = { l1Ops: [], exits: [], txOps: [] };
  return {
    ...shared,
    ...{ ledgerRoot, evmCommitment: 0n, dataHash: '0x', nextQueueIndex: 0n, c: ZERO, body: encodeBody(empty) },
    header: {
      ...shared,
      ...{ domain: DOMAIN, oldRoot: EMPTY_ROOT, newRoot: ledgerRoot, l1Count: 0, opCount: 0, exitCount: 0 },
      ...{ feeAccounts: NO_FEES, evmCommitment: 0n },
    },
  };
}
