import type { Db } from '../../chain/db.ts';
import { silentLogger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import { type CrashPoint, crashingDb } from '../../chain/testing/crash.ts';
import { FakeClock } from '../../chain/testing/fakeClock.ts';
import { openTestStore } from '../../chain/testing/fixture.ts';

import { type SignedMessage, verify } from '../../protocol/crypto/eddsa.ts';
import { accountIndex } from '../../protocol/ids.ts';
import {
  type Actor,
  actor,
  exit,
  register,
  signed,
  TEST_DOMAIN,
  TEST_TIME,
  transfer,
} from '../../protocol/testing/actors.ts';
import { txHash } from '../../protocol/tx.ts';
import type { ClosedBatch, Field, QueueItem, SignedTx } from '../../protocol/types.ts';
import { RecoverPool } from '../evm/recoverPool.ts';
import type { L1Port } from '../l1Port.ts';
import type { LaneFeedPort } from '../lanePort.ts';
import { Sequencer } from '../sequencer.ts';
import type { DutiesPort, ProofQueuePort, SequencerOptions } from '../sequencerTypes.ts';
import { fakeProof } from './fakeL1.ts';

export const OPERATOR: Actor = actor(1);
export const ALICE: Actor = actor(2);
export const BOB: Actor = actor(3);
export const CAROL: Actor = actor(4);

export function depositNew(who: Actor, amount: bigint, token = 0): QueueItem {
  return { opcode: 1, token, amount, key: who.key, address: who.address };
}

/** What people want of the chain in the tests that kill it. Accounts: operator 1, Alice 2, Bob 3, Carol 4 (registered by Alice). */
export const DEPOSITS: readonly QueueItem[] = [
  depositNew(OPERATOR, 10n),
  depositNew(ALICE, 10_000n),
  depositNew(BOB, 500n),
];

export const TXS: readonly SignedTx[] = [
  signed(ALICE, { signer: 2, nonce: 0, ops: [transfer(2, 3, 100n, { fee: 1n })] }),
  signed(ALICE, { signer: 2, nonce: 1, ops: [register(2, 0, CAROL, 1000n, 2n)] }),
  signed(ALICE, { signer: 2, nonce: 2, ops: [transfer(2, 3, 50n, { fee: 1n }), transfer(2, 1, 7n, { fee: 1n })] }),
  signed(BOB, { signer: 3, nonce: 0, ops: [exit(3, BOB.address, 300n, 3n)] }),
  signed(BOB, { signer: 3, nonce: 1, ops: [transfer(3, 2, 5n)] }),
];

export const FORCED_EXIT: QueueItem = { opcode: 3, index: accountIndex(3), address: BOB.address };

/** Balances once everything above happened. */
export const FINAL_BALANCES = new Map<number, bigint>([
  [1, 10n + 7n + 1n + 2n + 2n + 3n],
  [2, 10_000n - 100n - 1n - 1000n - 2n - 50n - 7n - 2n + 5n],
  [3, 0n],
  [4, 1000n],
]);
export const TX_HASHES: readonly Field[] = TXS.map((tx) => txHash(tx, TEST_DOMAIN));

/** A prover that needs no time; forgets everything when the process dies, like a queue whose jobs come again at the start. */
export function instantProofs(): ProofQueuePort {
  const closedBatches = new Map<Field, ClosedBatch>();
  return {
    enqueue: async (closed) => void closedBatches.set(closed.commitment.c, closed),
    discard: async (batches) => {
      for (const [c, { batch }] of closedBatches) if (batches.includes(batch.number)) closedBatches.delete(c);
    },
    proof: async (_number, c) => {
      const closed = closedBatches.get(c);
      if (closed === undefined) return undefined;
      const { r, y } = closed.commitment;
      return { proof: fakeProof(closed), publicSignals: [c, r, y] };
    },
  };
}

export interface ProcessOptions {
  readonly db: Db;
  readonly l1: L1Port;
  readonly clock: FakeClock;
  readonly proofs?: ProofQueuePort;
  readonly options?: Partial<SequencerOptions>;
  readonly crash?: CrashPoint;
  /** Messages for the EVM lane; default: none ever come. */
  readonly laneFeed?: LaneFeedPort;
  readonly duties?: DutiesPort;
}

/** What a freshly started process does before anything else. */
export async function startProcess(process: ProcessOptions): Promise<{ store: ChainStore; sequencer: Sequencer }> {
  const db = process.crash === undefined ? process.db : crashingDb(process.db, process.crash);
  const { store, lane } = await openTestStore(db);
  const sequencer = new Sequencer(
    {
      shapes: ['small'],
      timing: { batchTimeMs: 5000, l1WaitMs: 2000, resubmitAfterMs: 10_000 },
      feeAccounts: { key: OPERATOR.key },
      queue: { l1Confirmations: 1 },
      publisher: { confirmations: 1, maxProofsPerTx: 2 },
      ...process.options,
    },
    {
      store,
      l1: process.l1,
      proofs: process.proofs ?? instantProofs(),
      verify: async (items) => items.map(verified),
      evm: {
        lane,
        recovery: new RecoverPool({ threads: 0 }),
        ...(process.laneFeed !== undefined && { feed: process.laneFeed }),
      },
      clock: process.clock,
      log: silentLogger,
      ...(process.duties !== undefined && { duties: process.duties }),
    },
  );
  await sequencer.load();
  return { store, sequencer };
}

export function testClock(): FakeClock {
  return new FakeClock(TEST_TIME * 1000);
}

const verdicts = new Map<string, boolean>();

/** The same few signatures are checked in hundreds of lives. */
function verified({ pub, message, signature }: SignedMessage): boolean {
  const name = [...pub, message, ...signature.r8, signature.s].join();
  const known = verdicts.get(name) ?? verify(pub, message, signature);
  verdicts.set(name, known);
  return known;
}
