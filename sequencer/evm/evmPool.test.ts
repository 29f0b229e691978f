import { RLP } from '@ethereumjs/rlp';
import { describe, expect, test } from 'vitest';
import { EngramCommon } from '../../chain/evm/common.ts';
import { SYSTEM_SENDER } from '../../protocol/lane/addresses.ts';
import { EvmPoolError } from './evmPoolErrors.ts';
import { ETHER, foreign, PoolFixture } from './testing/poolFixture.ts';
import { accessListTx, authorization, CHAIN_ID, delegatingTx, feeTx, legacyTx, rawTx, Wallet } from './testing/txs.ts';

const alice = new Wallet(1);
const bob = new Wallet(2);
const carol = new Wallet(3);

async function refusal(f: PoolFixture, raw: Uint8Array): Promise<string> {
  const error: unknown = await f.pool.add(raw).catch((caught: unknown) => caught);
  if (!(error instanceof EvmPoolError)) throw new TypeError('not refused by the pool');
  return error.message;
}

describe('refusals have geth’s texts', () => {
  const other = new EngramCommon(1n);
  const cases: [string, string, () => Uint8Array, string][] = [
    [
      'OVERSIZED',
      'more bytes than the limit',
      () => rawTx(alice, { data: new Uint8Array(131_072), gas: 6_000_000n }),
      'oversized data: transaction size 131185, limit 131072',
    ],
    [
      'TX_GAS_TOO_HIGH',
      'more gas than one transaction may have',
      () => rawTx(alice, { gas: 2n ** 24n + 1n }),
      'transaction gas limit too high (cap: 16777216, tx: 16777217)',
    ],
    ['MALFORMED', 'no transaction at all', () => new Uint8Array(), 'typed transaction too short'],
    ['MALFORMED', 'a byte behind it', () => new Uint8Array([...rawTx(alice), 0]), 'rlp: malformed transaction'],
    [
      'TYPE_NOT_SUPPORTED',
      'a blob transaction',
      () => new Uint8Array([3, 0xc0]),
      'transaction type not supported: received type 3',
    ],
    ['TYPE_NOT_SUPPORTED', 'an unknown type', () => new Uint8Array([9, 0xc0]), 'transaction type not supported'],
    [
      'WRONG_CHAIN_ID',
      'another chain',
      () => rawTx(alice, { common: other }),
      'invalid sender: invalid chain id for signer: have 1 want 7001',
    ],
    [
      'WRONG_CHAIN_ID',
      'another chain, legacy',
      () => legacyTx(alice, { common: other }).serialize(),
      'invalid sender: invalid chain id for signer: have 1 want 7001',
    ],
    [
      'INTRINSIC_GAS',
      'too little gas',
      () => rawTx(alice, { gas: 20_999n }),
      'intrinsic gas too low: gas 20999, minimum needed 21000',
    ],
    [
      'FLOOR_DATA_GAS',
      'too little gas for its data',
      () => rawTx(alice, { gas: 40_000n, data: new Uint8Array(1_000).fill(1) }),
      'insufficient gas for floor data gas cost: gas 40000, minimum needed 61000',
    ],
    [
      'INITCODE_TOO_LARGE',
      'huge init code',
      () => rawTx(alice, { to: undefined, data: new Uint8Array(49_153), gas: 5_000_000n }),
      'max initcode size exceeded: code size 49153, limit 49152',
    ],
    [
      'GAS_LIMIT_EXCEEDED',
      'more gas than a block',
      () => rawTx(alice, { gas: 30_000_001n }),
      'exceeds block gas limit',
    ],
    ['NONCE_TOO_LOW', 'a used nonce', () => rawTx(bob, { nonce: 3 }), 'nonce too low: next nonce 5, tx nonce 3'],
    [
      'NONCE_TOO_HIGH',
      'a nonce no account will reach',
      () => rawTx(alice, { nonce: 2n ** 60n }),
      'nonce too high: tx nonce 1152921504606846976, gapped nonce 0',
    ],
    [
      'INSUFFICIENT_FUNDS',
      'no money',
      () => rawTx(carol, { feeCap: 10n, value: 1n }),
      'insufficient funds for gas * price + value: balance 0, tx cost 210001, overshot 210001',
    ],
    [
      'UNDERPRICED',
      'less than the configured minimum',
      () => rawTx(alice, { feeCap: 4n }),
      'transaction underpriced: gas fee cap 4, minimum needed 5',
    ],
  ];
  test.each(cases)('%s: %s', async (code, _, raw, message) => {
    const f = new PoolFixture({ minGasPrice: 5n });
    f.fund(alice);
    f.fund(bob, ETHER, { nonce: 5n });
    const bytes = raw();
    expect(await f.outcomeOf(bytes)).toBe(code);
    expect(await refusal(f, bytes)).toBe(message);
    expect(f.pool.status()).toEqual({ pending: 0, queued: 0, bytes: 0 });
  });

  test('UNPROTECTED: a signature for every chain', async () => {
    const f = new PoolFixture();
    // Only its v matters: it is read before the signature.
    const raw = legacyTx(alice).serialize();
    const at = raw.length - 69;
    expect([...raw.subarray(at, at + 2)]).toEqual([0x82, 0x36]);
    const short = new Uint8Array([...raw.subarray(0, at), 27, ...raw.subarray(at + 3)]);
    short[1] = (short[1] ?? 0) - 2;
    expect(await refusal(f, short)).toBe('only replay-protected (EIP-155) transactions allowed over RPC');
  });

  test('INVALID_SIGNATURE: s of zero, and nobody’s signature', async () => {
    const f = new PoolFixture();
    const tx = feeTx(alice);
    const zero = tx.addSignature(0n, tx.r ?? 0n, 0n).serialize();
    const nobody = tx.addSignature(0n, 5n, tx.s ?? 0n).serialize();
    expect(await f.outcomeOf(zero)).toBe('INVALID_SIGNATURE');
    expect(await refusal(f, nobody)).toBe('invalid sender: invalid transaction v, r, s values');
  });

  test('SYSTEM_SENDER: whoever finds its key', async () => {
    const f = new PoolFixture();
    f.recovery.recoverMany = async () => [SYSTEM_SENDER];
    expect(await refusal(f, rawTx(alice))).toBe('invalid sender');
  });

  test('SENDER_HAS_CODE: a contract signs nothing', async () => {
    const f = new PoolFixture();
    f.fund(alice, ETHER, { code: new Uint8Array([0x60, 0x00]) });
    expect(await refusal(f, rawTx(alice))).toBe(`sender not an eoa: address ${alice.address}`);
  });

  test('TIP_ABOVE_FEE_CAP, and an authorization list that is empty', async () => {
    const f = new PoolFixture();
    // EthereumJS makes neither: the bytes are put together by hand.
    const tip = Buffer.from(rawTx(alice, { feeCap: 100n, tip: 7n }));
    const at = tip.indexOf(Buffer.from([0x07, 0x64]));
    tip[at] = 0x65;
    expect(await refusal(f, tip)).toBe('max priority fee per gas higher than max fee per gas');
    const list = delegatingTx(alice, [authorization(bob)]);
    const fields = [...list.raw()];
    fields[9] = [];
    const empty = new Uint8Array([4, ...RLP.encode(fields)]);
    expect(await refusal(f, empty)).toBe('set code tx must have at least one authorization tuple');
  });

  test('ALREADY_KNOWN: in the pool, and while it is being checked', async () => {
    const f = new PoolFixture();
    f.fund(alice);
    const raw = rawTx(alice);
    const outcomes = await Promise.all([f.outcomeOf(raw), f.outcomeOf(raw), f.outcomeOf(raw)]);
    expect(outcomes).toEqual(['added', 'ALREADY_KNOWN', 'ALREADY_KNOWN']);
    expect(f.recovered).toBe(1);
    expect(await refusal(f, raw)).toBe('already known');
  });

  test('the same invalid bytes many times at once are checked once and refused alike', async () => {
    const f = new PoolFixture();
    const raw = rawTx(alice);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => f.outcomeOf(raw)));
    expect(new Set(outcomes)).toEqual(new Set(['INSUFFICIENT_FUNDS']));
    expect(f.recovered).toBe(1);
  });
});

describe('pending and queued', () => {
  test('all types of transactions are taken, with hash, sender and bytes', async () => {
    const f = new PoolFixture();
    for (const wallet of [alice, bob, carol]) f.fund(wallet);
    const txs = [legacyTx(alice), accessListTx(bob, { gas: 30_000n }), feeTx(carol), feeTx(carol, { nonce: 1 })];
    for (const tx of txs) {
      const added = await f.pool.add(tx.serialize());
      expect(f.pool.get(added.hash)).toBe(added);
      expect(added.raw).toEqual(tx.serialize());
      expect(added.tx.common.chainId()).toBe(CHAIN_ID);
    }
    expect(f.pool.status()).toMatchObject({ pending: 4, queued: 0 });
  });

  test('what follows a gap waits until it is filled, and is announced then', async () => {
    const f = new PoolFixture();
    f.fund(alice);
    const [two, one] = [await f.add(alice, { nonce: 2 }), await f.add(alice, { nonce: 1 })];
    expect(f.pool.status()).toMatchObject({ pending: 0, queued: 2 });
    expect(f.pool.nextNonce(alice.address, 0n)).toBe(0n);
    expect(f.pending).toEqual([]);
    const zero = await f.add(alice);
    expect(f.pending).toEqual([zero.hash, one.hash, two.hash]);
    expect(f.pool.nextNonce(alice.address, 0n)).toBe(3n);
    expect(f.take()).toEqual([zero, one, two]);
    expect(f.pool.content().pending.get(alice.address)).toEqual([zero, one, two]);
    expect(f.pool.contentFrom(bob.address)).toEqual({ pending: [], queued: [] });
  });

  test('a replacement needs 10 % more of the fee cap and of the tip', async () => {
    const f = new PoolFixture();
    f.fund(alice);
    const first = await f.add(alice, { feeCap: 100n, tip: 100n });
    expect(await refusal(f, rawTx(alice, { feeCap: 109n, tip: 109n }))).toBe('replacement transaction underpriced');
    expect(await f.outcome(alice, { feeCap: 200n, tip: 100n })).toBe('REPLACEMENT_UNDERPRICED');
    expect(await f.outcome(alice, { feeCap: 200n, tip: 109n })).toBe('REPLACEMENT_UNDERPRICED');
    expect(await f.outcome(alice, { feeCap: 110n, tip: 110n })).toBe('added');
    expect(f.dropped.get(first.hash)).toBe('REPLACED');
    expect(f.pool.status()).toMatchObject({ pending: 1, queued: 0 });
  });

  test('a queued one is replaced by the same rule', async () => {
    const f = new PoolFixture();
    f.fund(alice);
    await f.add(alice, { nonce: 4, feeCap: 100n });
    expect(await f.outcome(alice, { nonce: 4, feeCap: 105n })).toBe('REPLACEMENT_UNDERPRICED');
    expect(await f.outcome(alice, { nonce: 4, feeCap: 110n })).toBe('added');
    expect(f.pool.status()).toMatchObject({ pending: 0, queued: 1 });
  });

  test('pending transactions are paid for all together', async () => {
    const f = new PoolFixture();
    f.fund(alice, 2_100_000n);
    await f.add(alice, { feeCap: 50n });
    expect(await refusal(f, rawTx(alice, { nonce: 1, feeCap: 51n }))).toBe(
      'insufficient funds for gas * price + value: balance 2100000, queued cost 1050000, tx cost 1071000, overshot 21000',
    );
    expect(await f.outcome(alice, { nonce: 1, feeCap: 50n })).toBe('added');
    expect(await refusal(f, rawTx(alice, { nonce: 1, feeCap: 60n }))).toBe(
      'insufficient funds for gas * price + value: balance 2100000, queued cost 2100000, tx bumped 210000, overshot 210000',
    );
  });

  test('what a filled gap makes too dear together waits for money', async () => {
    const f = new PoolFixture();
    f.fund(alice, 2_100_000n);
    const late = await f.add(alice, { nonce: 1, feeCap: 90n });
    await f.add(alice, { nonce: 0, feeCap: 50n });
    expect(f.pool.status()).toMatchObject({ pending: 1, queued: 1 });
    // Somebody pays alice: she is no sender of the block, and is looked at nevertheless.
    f.fund(alice);
    await f.mine();
    expect(f.pool.status()).toMatchObject({ pending: 2, queued: 0 });
    expect(f.pending.at(-1)).toBe(late.hash);
  });

  test('a sender’s account is read once a block', async () => {
    const f = new PoolFixture();
    f.fund(alice);
    await Promise.all(Array.from({ length: 20 }, (_, nonce) => f.add(alice, { nonce })));
    expect(f.reads).toBe(1);
    await f.mine(f.take().slice(0, 5));
    expect(f.reads).toBe(2);
    await f.add(alice, { nonce: 20 });
    expect(f.reads).toBe(2);
  });
});

describe('blocks', () => {
  test('what was mined leaves quietly; what waited for the same nonces is dropped', async () => {
    const f = new PoolFixture();
    f.fund(alice);
    f.fund(bob);
    const mined = await f.add(alice, { nonce: 0 });
    const lost = await f.add(alice, { nonce: 1 });
    const kept = await f.add(alice, { nonce: 2 });
    const queued = await f.add(bob, { nonce: 7 });
    const other = foreign(alice, feeTx(alice, { nonce: 1, value: 5n }));
    await f.mine([mined, other, foreign(carol, feeTx(carol))]);
    expect([...f.dropped]).toEqual([[lost.hash, 'NONCE_TOO_LOW']]);
    expect(f.pool.get(mined.hash)).toBeUndefined();
    expect(f.take()).toEqual([kept]);
    expect(f.pool.get(queued.hash)).toBe(queued);
  });

  test('a block may use nonces far beyond what waits here', async () => {
    const f = new PoolFixture();
    f.fund(alice);
    const lost = [await f.add(alice, { nonce: 0 }), await f.add(alice, { nonce: 3 })];
    const kept = await f.add(alice, { nonce: 6 });
    await f.mine(Array.from({ length: 6 }, (_, nonce) => foreign(alice, feeTx(alice, { nonce, value: 1n }))));
    expect([...f.dropped.keys()]).toEqual(lost.map(({ hash }) => hash));
    expect(f.take()).toEqual([kept]);
    expect(f.pending.at(-1)).toBe(kept.hash);
  });

  test('what the account cannot pay any more is dropped, what comes after it waits', async () => {
    const f = new PoolFixture();
    f.fund(alice, 10_000_000n);
    const first = await f.add(alice, { nonce: 0, feeCap: 100n, value: 1_000_000n });
    const dear = await f.add(alice, { nonce: 1, feeCap: 100n, value: 2_000_000n });
    const last = await f.add(alice, { nonce: 2, feeCap: 100n });
    f.fund(alice, 6_400_000n);
    await f.mine([first]);
    expect([...f.dropped]).toEqual([[dear.hash, 'INSUFFICIENT_FUNDS']]);
    expect(f.pool.contentFrom(alice.address)).toEqual({ pending: [], queued: [last] });
    expect(f.pool.status()).toMatchObject({ pending: 0, queued: 1 });
  });

  test('what is too old is dropped', async () => {
    const f = new PoolFixture({ lifetimeMs: 1_000 });
    f.fund(alice);
    const old = await f.add(alice, { nonce: 0 });
    f.clock.advance(600);
    const young = await f.add(alice, { nonce: 1 });
    f.clock.advance(600);
    await f.mine();
    expect([...f.dropped]).toEqual([[old.hash, 'STALE']]);
    expect(f.pool.contentFrom(alice.address)).toEqual({ pending: [], queued: [young] });
  });

  test('a block that comes in while a transaction is checked counts', async () => {
    const f = new PoolFixture();
    f.fund(alice);
    const adding = f.outcome(alice, { nonce: 0 });
    await f.mine([foreign(alice, feeTx(alice, { nonce: 0, value: 9n }))]);
    expect(await adding).toBe('NONCE_TOO_LOW');
  });
});
