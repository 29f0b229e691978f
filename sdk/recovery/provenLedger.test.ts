import { describe, expect, it } from 'vitest';
import type { PostedBatch } from '../../bridge/client/types.ts';
import { NO_EVM } from '../../bridge/testing/evmBatch.ts';
import { TestLedger } from '../../bridge/testing/ledger.ts';
import { headerOf } from '../../protocol/codec/header.ts';
import { ProtocolError, type ProtocolErrorCode } from '../../protocol/errors.ts';
import { actor, exit, open, register, signed, TEST_DOMAIN, TEST_TIME } from '../../protocol/testing/actors.ts';
import type { AccountIndex, ClosedBatch, QueueItem } from '../../protocol/types.ts';
import { controlledAccounts } from './controlledAccounts.ts';
import { ProvenLedger } from './provenLedger.ts';

const [alice, bob] = [actor(1), actor(2)];
const hex = (address: bigint) => `0x${address.toString(16).padStart(40, '0')}` as const;

/** The parts of a posted batch that a replay looks at. */
function posted({ batch, exits, commitment }: ClosedBatch): PostedBatch {
  const { number, shape } = batch;
  const header = headerOf(batch, exits.length);
  // The cast: where it stands on L1 and the EVM lane's part are not looked at.
  return {
    number,
    shape,
    header,
    oldRoot: batch.oldRoot,
    body: commitment.body,
    stored: commitment,
  } as unknown as PostedBatch;
}

const deposit = (who: typeof alice, amount: bigint): QueueItem => ({
  ...{ opcode: 1, token: 0, amount, key: who.key, address: who.address },
});
const force = (index: number, who: typeof alice): QueueItem => ({
  opcode: 3,
  index: index as AccountIndex,
  address: who.address,
});
const entries = (items: readonly QueueItem[]) => items.map((item) => ({ item }) as never);

function twoBatches(): readonly [ClosedBatch, ClosedBatch] {
  const ledger = new TestLedger(TEST_DOMAIN);
  const first = ledger.close({
    timestamp: TEST_TIME,
    shape: 'dev',
    queue: entries([deposit(alice, 100n), deposit(bob, 50n)]),
  });
  const ops = [
    exit(1, 0xb0bn, 7n),
    register(1, 3, bob, 5n),
    open(1, 4, { provider: 2, voucherKey: actor(9), amount: 20n }),
  ];
  const second = ledger.close({
    ...{ timestamp: TEST_TIME, shape: 'dev', evmCommitment: NO_EVM.commitment },
    queue: entries([force(2, alice), force(2, bob)]),
    txs: [signed(alice, { signer: 1, nonce: 0, ops })],
  });
  return [first, second];
}

function refused(code: ProtocolErrorCode, act: () => unknown): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, `expected ${code}`).toBeInstanceOf(ProtocolError);
  expect((thrown as ProtocolError).code).toBe(code); // asserted above
}

describe('the ledger by posted batches', () => {
  it('has the roots of the batches, the queue, and what left, forced or not', () => {
    const ledger = new ProvenLedger({ domain: TEST_DOMAIN });
    const [first, second] = twoBatches();
    expect(ledger.apply(posted(first)).taken).toEqual([]);
    expect([ledger.batch, ledger.queue, ledger.tree.root]).toEqual([1, 2n, first.batch.newRoot]);
    const { taken } = ledger.apply(posted(second));
    expect([ledger.batch, ledger.queue, ledger.tree.root]).toEqual([2, 4n, second.batch.newRoot]);
    expect(taken).toEqual([
      { from: 2, recipient: alice.address, token: 0, amount: 0n, position: 0, queueIndex: 2n, isVoid: true },
      { from: 2, recipient: bob.address, token: 0, amount: 50n, position: 1, queueIndex: 3n },
      { from: 1, recipient: 0xb0bn, token: 0, amount: 7n, position: 0 },
    ]);
  });

  it('refuses a batch that is not the next, starts elsewhere, or is not what was committed to; and is unchanged', () => {
    const [first, second] = twoBatches();
    const ledger = new ProvenLedger({ domain: TEST_DOMAIN });
    const { root } = ledger.tree;
    refused('BAD_BATCH', () => ledger.apply(posted(second)));
    refused('ROOT_MISMATCH', () => ledger.apply({ ...posted(first), oldRoot: second.batch.oldRoot }));
    const body = first.commitment.body.slice(0, -1);
    refused('MALFORMED_BYTES', () => ledger.apply({ ...posted(first), body }));
    for (const part of ['c', 'r', 'y'] as const) {
      const stored = { ...posted(first).stored, [part]: 1n };
      refused('BAD_BATCH', () => ledger.apply({ ...posted(first), stored }));
    }
    expect([ledger.batch, ledger.queue, ledger.tree.root, ledger.tree.size]).toEqual([0, 0n, root, 0]);
    ledger.apply(posted(first));
    refused('BAD_BATCH', () => ledger.apply(posted(first)));
    expect(ledger.tree.root).toBe(first.batch.newRoot);
  });

  it('of another deployment is not what the commitment is about', () => {
    const [first] = twoBatches();
    const elsewhere = new ProvenLedger({ domain: 5n as typeof TEST_DOMAIN });
    refused('BAD_BATCH', () => elsewhere.apply(posted(first)));
  });
});

describe('what an Ethereum address controls', () => {
  it('its accounts, and the channels it pays for, in order', () => {
    const ledger = new ProvenLedger({ domain: TEST_DOMAIN });
    for (const batch of twoBatches()) ledger.apply(posted(batch));
    expect(controlledAccounts(ledger.tree, hex(alice.address))).toEqual([1, 4]);
    expect(controlledAccounts(ledger.tree, hex(bob.address))).toEqual([2, 3]);
    expect(controlledAccounts(ledger.tree, hex(0n))).toEqual([]);
  });
});
