import { beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../chain/logger.ts';
import { ProtocolError, type ProtocolErrorCode } from '../protocol/errors.ts';
import { accountIndex } from '../protocol/ids.ts';
import { actor, register, signed, TEST_DOMAIN, transfer } from '../protocol/testing/actors.ts';
import { txHash } from '../protocol/tx.ts';
import type { SignedTx } from '../protocol/types.ts';
import { MempoolError, SequencerError } from './errors.ts';
import { EvmPoolError } from './evm/evmPoolErrors.ts';
import type { DroppedTx } from './mempool.ts';
import { Reoffers, type ReoffersOptions } from './reoffers.ts';
import { testClock } from './testing/life.ts';

const ALICE = actor(2);

let clock: ReturnType<typeof testClock>;
let taken: (SignedTx | Uint8Array)[];
let dropped: DroppedTx[];
let refusal: Error | undefined;

beforeEach(() => {
  clock = testClock();
  taken = [];
  dropped = [];
  refusal = undefined;
});

function reoffers(options: Partial<ReoffersOptions> = {}): Reoffers {
  const add = async (tx: SignedTx | Uint8Array) => {
    if (refusal !== undefined) throw refusal;
    taken.push(tx);
  };
  return new Reoffers(
    { domain: TEST_DOMAIN, ...options },
    { add, addEvm: add, clock, log: silentLogger, onDropped: (drop) => void dropped.push(drop) },
  );
}

function pay(nonce: number): SignedTx {
  return signed(ALICE, { signer: 2, nonce, ops: [transfer(2, 3, 1n)] });
}

const hashOf = (tx: SignedTx) => txHash(tx, TEST_DOMAIN);

it('offers in the order of the blocks, and as users sent them', async () => {
  const who = reoffers();
  const opened = signed(ALICE, { signer: 2, nonce: 1, ops: [register(2, 0, actor(9), 5n)] });
  const included = { ...opened, ops: opened.ops.map((op) => ({ ...op, to: accountIndex(7) })) };
  who.offer({ txs: [pay(0), included], evmTxs: [new Uint8Array([1])] });
  expect(who.has(hashOf(opened))).toBe(true);
  await who.retry();
  expect(taken).toEqual([pay(0), opened, new Uint8Array([1])]);
  expect(who.has(hashOf(opened))).toBe(false);
  expect(who.size).toBe(0);
});

it.each<Error>([
  new ProtocolError('UNKNOWN_ACCOUNT'),
  new ProtocolError('CLAIM_MISMATCH'),
  new MempoolError('POOL_FULL'),
  new EvmPoolError('NONCE_TOO_HIGH'),
  new SequencerError('STOPPED'),
])('tries again what may hold later ($code)', async (error) => {
  const who = reoffers();
  who.offer({ txs: [pay(0)], evmTxs: [] });
  refusal = error;
  await who.retry();
  expect(who.size).toBe(1);
  refusal = undefined;
  await who.retry();
  expect(taken).toEqual([pay(0)]);
  expect(dropped).toEqual([]);
});

it('not for ever', async () => {
  const who = reoffers({ lifetimeMs: 1000 });
  who.offer({ txs: [pay(0)], evmTxs: [] });
  refusal = new ProtocolError('UNKNOWN_ACCOUNT');
  clock.advance(1001);
  await who.retry();
  expect(dropped).toEqual([{ hash: hashOf(pay(0)), code: 'UNKNOWN_ACCOUNT' }]);
  expect(who.size).toBe(0);
});

it.each<ProtocolErrorCode>(['EXPIRED', 'BAD_SIGNATURE', 'VOUCHER_STALE'])(
  'drops what cannot hold any more (%s)',
  async (code) => {
    const who = reoffers();
    who.offer({ txs: [pay(0)], evmTxs: [new Uint8Array([1])] });
    refusal = new ProtocolError(code);
    await who.retry();
    expect(dropped).toEqual([{ hash: hashOf(pay(0)), code }]);
    expect(who.size).toBe(0);
  },
);

it('what is in a block or a pool already is what was wanted', async () => {
  const who = reoffers();
  for (const error of [new MempoolError('NONCE_TOO_LOW'), new MempoolError('ALREADY_KNOWN')]) {
    who.offer({ txs: [pay(0)], evmTxs: [] });
    refusal = error;
    await who.retry();
  }
  expect(dropped).toEqual([]);
  expect(who.size).toBe(0);
});

it('holds no more than it may, and says what it dropped', async () => {
  const who = reoffers({ maxTxs: 2 });
  who.offer({ txs: [pay(0), pay(1), pay(2)], evmTxs: [new Uint8Array([1])] });
  expect(who.size).toBe(2);
  expect(dropped).toEqual([{ hash: hashOf(pay(2)), code: 'POOL_FULL' }]);
});

it('holds each once', () => {
  const who = reoffers();
  for (let i = 0; i < 2; i += 1) who.offer({ txs: [pay(0)], evmTxs: [] });
  expect(who.size).toBe(1);
});

it('a round is bounded, and the next goes on where it ended', async () => {
  const who = reoffers({ perRound: 2 });
  who.offer({ txs: [pay(0), pay(1), pay(2)], evmTxs: [] });
  await Promise.all([who.retry(), who.retry()]);
  expect(taken).toEqual([pay(0), pay(1)]);
  await who.retry();
  expect(taken).toEqual([pay(0), pay(1), pay(2)]);
});
