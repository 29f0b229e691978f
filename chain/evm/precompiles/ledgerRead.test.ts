import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packChannel } from '../../../protocol/account.ts';
import { prefixedHex } from '../../../protocol/bytes.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import { LEDGER_READ } from '../../../protocol/lane/addresses.ts';
import { signReceipt } from '../../../protocol/receipts/receipt.ts';
import { encodeProof, encodeReceipt } from '../../../protocol/receipts/receiptCodec.ts';
import { verifyReceipt } from '../../../protocol/receipts/verifyReceipt.ts';
import { TEST_DOMAIN, TEST_TIME } from '../../../protocol/testing/actors.ts';
import { AT, bob, dave, EXPIRY, look } from '../../../protocol/testing/market.ts';
import { type Field, Kind } from '../../../protocol/types.ts';
import { leafOf, marketLeaves, marketTree, receiptOf, treeOf } from './testing/ledger.ts';
import { type Contract, deploy, Reverted, testArtifacts, World } from './testing/world.ts';

const channel = accountIndex(AT.channel);
const receipts = [0, 1, 2, 3, 4, 5, 6].map((i) => receiptOf(i));
const tree = treeOf(receipts);
const settledRoot = tree.rootAt(6);

let world: World;
let user: Contract;

beforeAll(() => testArtifacts());

beforeEach(async () => {
  world = await World.create();
  user = await deploy(world, 'PrecompileUser');
  await world.mirror({ leaves: marketLeaves, claims: [{ channel, receiptsRoot: settledRoot, total: 60n }] });
});

const refused = (custom: string, act: Promise<unknown>) => expect(act).rejects.toEqual(new Reverted('revert', custom));

describe('accounts', () => {
  test('have the words of their leaves', async () => {
    for (const index of [AT.alice, AT.carol, AT.model, AT.channel]) {
      const { kind, token, nonce, balance, claimed, a, b, c } = look(marketTree, index) ?? {};
      expect(await user.call('account', [index])).toEqual({ kind, token, nonce, balance, claimed, a, b, c });
      expect(await user.call('exists', [index])).toBe(true);
    }
  });

  test('are all zeros where there is none, over the tree too', async () => {
    const none = { kind: 0, token: 0, nonce: 0, balance: 0n, claimed: 0n, a: 0n, b: 0n, c: 0n };
    for (const index of [0, 99, 2 ** 24, 2 ** 32 - 1]) {
      expect(await user.call('account', [index])).toEqual(none);
      expect(await user.call('exists', [index])).toBe(false);
    }
  });

  test('change with the ledger', async () => {
    const before = look(marketTree, AT.bob);
    if (before === undefined) throw new Reverted('no account', '');
    await world.mirror({ leaves: [leafOf(AT.bob, { ...before, balance: 5n, nonce: 9 })] });
    expect(await user.call('account', [AT.bob])).toMatchObject({ balance: 5n, nonce: 9, a: before.a, c: before.c });
  });
});

describe('channels', () => {
  test('have terms', async () => {
    const expected = { provider: AT.dave, payer: AT.bob, model: AT.model, expiry: EXPIRY, token: 0 };
    expect(await user.call('channel', [AT.channel])).toEqual({ ...expected, balance: 10_000n, claimed: 0n });
  });

  test('are refused where there is none', async () => {
    for (const index of [0, AT.alice, AT.model, 99, 2 ** 24, 2 ** 32 - 1]) {
      await refused(`NotAChannel(${index})`, user.call('channel', [index]));
    }
  });
});

describe('settled roots', () => {
  test('are those of the claims of the channel, with the newest total', async () => {
    expect(await user.call('isSettled', [AT.channel, settledRoot])).toEqual([true, 60n]);
    await world.mirror({ claims: [{ channel, receiptsRoot: settledRoot, total: 65n }] });
    expect(await user.call('isSettled', [AT.channel, settledRoot])).toEqual([true, 65n]);
    expect(await user.call('isSettled', [AT.plain, settledRoot])).toEqual([false, 0n]);
    expect(await user.call('isSettled', [AT.channel, tree.root])).toEqual([false, 0n]);
    expect(await user.call('isSettled', [2 ** 32 - 1, settledRoot])).toEqual([false, 0n]);
    expect(await user.call('isSettled', [AT.channel, 2n ** 256n - 1n])).toEqual([false, 0n]);
  });

  test('can have cost nothing', async () => {
    await world.mirror({ claims: [{ channel, receiptsRoot: 0n as Field, total: 0n }] });
    expect(await user.call('isSettled', [AT.channel, 0n])).toEqual([true, 0n]);
  });
});

describe('a receipt', () => {
  const verify = (receipt = receipts[2] as (typeof receipts)[number], proof = tree.proof(2, 6)) =>
    user.call('verifyReceipt', [prefixedHex(encodeReceipt(receipt)), prefixedHex(encodeProof(proof))]);

  test('under a settled root proves what it says', async () => {
    const receipt = receipts[2];
    expect(await verify()).toEqual({
      channel: AT.channel,
      sequence: 2,
      provider: AT.dave,
      model: AT.model,
      time: TEST_TIME + 2,
      price: 10n,
      inputHash: prefixedHex(receipt?.inputHash as Uint8Array),
      outputHash: prefixedHex(receipt?.outputHash as Uint8Array),
      execution: 7n,
      receiptsRoot: settledRoot,
      settledTotal: 60n,
      settledReceipts: 6n,
    });
  });

  test('has the verdict of protocol/receipts at every position and size', async () => {
    const claims = [1, 2, 3, 4, 5, 6, 7].map((size) => ({ channel, receiptsRoot: tree.rootAt(size), total: 70n }));
    await world.mirror({ claims });
    for (const [size, { receiptsRoot, total }] of claims.map((claim, i) => [i + 1, claim] as const)) {
      for (const [position, receipt] of receipts.slice(0, size).entries()) {
        const proof = tree.proof(position, size);
        const claim = { channel, provider: accountIndex(AT.dave), receiptsRoot, total };
        const terms = { provider: accountIndex(AT.dave), model: accountIndex(AT.model) };
        const verdict = verifyReceipt({ receipt, proof, claim, terms, providerKey: dave.key }, TEST_DOMAIN);
        expect(verdict.isValid).toBe(true);
        expect(await verify(receipt, proof)).toMatchObject({ sequence: position, receiptsRoot });
      }
    }
  });

  test('under a root that was not settled is refused', async () => {
    await refused(`ReceiptNotSettled(30,${tree.root})`, verify(receipts[2], tree.proof(2, 7)));
  });

  test('of somebody else, or changed afterwards, is refused', async () => {
    await refused('ReceiptSignature()', verify(receiptOf(2, {}, bob)));
    for (const change of [{ price: 9n }, { time: TEST_TIME }, { outputHash: Buffer.alloc(32, 1) }]) {
      await refused('ReceiptSignature()', verify({ ...receiptOf(2), ...change }));
    }
    await refused('ReceiptSignature()', verify({ ...receiptOf(2), sequence: 3 }));
  });

  test('of another deployment is refused', async () => {
    await refused('ReceiptSignature()', verify(signReceipt(receiptOf(2), dave.seed, 5n as Field)));
  });

  test('signed anew with other contents is not under the root', async () => {
    const forged = receiptOf(2, { price: 11n });
    await expect(verify(forged)).rejects.toThrow(/^ReceiptNotSettled\(30,/);
  });

  test('naming another model is refused, even if it is under the root', async () => {
    const other = receiptOf(0, { model: accountIndex(AT.greedy) });
    await world.mirror({ claims: [{ channel, receiptsRoot: treeOf([other]).root, total: 60n }] });
    await refused(`ReceiptModel(${AT.model},${AT.greedy})`, verify(other, treeOf([other]).proof(0)));
  });

  test('of another channel does not count by this channel’s claim', async () => {
    const other = receiptOf(0, { channel: accountIndex(AT.plain), model: accountIndex(0) });
    const own = treeOf([other]);
    await world.mirror({ claims: [{ channel, receiptsRoot: own.root, total: 60n }] });
    await refused(`ReceiptNotSettled(${AT.plain},${own.root})`, verify(other, own.proof(0)));
  });

  test('naming no channel is refused', async () => {
    for (const index of [0, AT.alice, AT.model, 99, 2 ** 24 - 1]) {
      await refused(`NotAChannel(${index})`, verify(receiptOf(2, { channel: accountIndex(index) })));
    }
  });

  test('cannot be counted twice under another number', async () => {
    const twice = treeOf([receipts[0], receipts[0]] as typeof receipts);
    await world.mirror({ claims: [{ channel, receiptsRoot: twice.root, total: 60n }] });
    await refused('ReceiptPosition(0,1)', verify(receipts[0], twice.proof(1)));
  });

  test('over the total of the claim is refused', async () => {
    const dear = receiptOf(0, { price: 61n });
    await world.mirror({ claims: [{ channel, receiptsRoot: treeOf([dear]).root, total: 60n }] });
    await refused('ReceiptPrice(61,60)', verify(dear, treeOf([dear]).proof(0)));
  });

  test('of a provider that is no KEY account is refused, though its words may be a key', async () => {
    const attested = look(marketTree, AT.model);
    const terms = look(marketTree, AT.channel);
    if (attested === undefined || terms === undefined) throw new Reverted('no account', '');
    const [fake, index] = [accountIndex(40), accountIndex(41)];
    const c = packChannel({
      provider: fake,
      payer: accountIndex(AT.bob),
      model: accountIndex(AT.model),
      expiry: EXPIRY,
    });
    const receipt = receiptOf(0, { channel: index });
    await world.mirror({
      leaves: [
        leafOf(fake, { ...attested, kind: Kind.ATTEST, a: dave.key[0], b: dave.key[1] }),
        leafOf(index, { ...terms, c }),
      ],
      claims: [{ channel: index, receiptsRoot: treeOf([receipt]).root, total: 60n }],
    });
    await refused('ReceiptSignature()', verify(receipt, treeOf([receipt]).proof(0)));
  });

  test('with a proof that was tampered with is refused', async () => {
    const proof = tree.proof(2, 6);
    const [first, ...rest] = proof.siblings as [Field, ...Field[]];
    await expect(verify(receipts[2], { ...proof, siblings: [(first + 1n) as Field, ...rest] })).rejects.toThrow(
      /^ReceiptNotSettled/,
    );
    await refused('ReceiptPosition(2,3)', verify(receipts[2], { ...proof, position: 3 }));
  });

  test('as bytes that are none, or a proof that is none, is refused', async () => {
    const receipt = encodeReceipt(receipts[2] as (typeof receipts)[number]);
    const proof = encodeProof(tree.proof(2, 6));
    const send = (r: Uint8Array, p: Uint8Array) => user.call('verifyReceipt', [prefixedHex(r), prefixedHex(p)]);
    const over = (bytes: Uint8Array, at: number, value: number) => Uint8Array.from(bytes).fill(value, at, at + 1);
    const malformedReceipts = [
      receipt.subarray(1),
      Buffer.concat([receipt, Buffer.alloc(1)]),
      new Uint8Array(0),
      over(receipt, 0, 1),
      over(receipt, 93, 255),
      over(receipt, 125, 255),
    ];
    for (const bytes of malformedReceipts) await refused('ReceiptMalformed()', send(bytes, proof));
    const malformedProofs = [
      proof.subarray(1),
      proof.subarray(0, 40),
      new Uint8Array(0),
      Buffer.concat([proof, Buffer.alloc(32)]),
      over(proof, 3, 6),
      over(proof, 4, 255),
      over(proof, 9, 255),
      Buffer.alloc(100_000),
    ];
    for (const bytes of malformedProofs) await refused('ProofMalformed()', send(receipt, bytes));
  });
});

test('whoever calls LedgerRead directly gets the same answer', async () => {
  const data = user.encode('exists', [AT.bob]);
  expect((await world.call(LEDGER_READ, data)).data).toBe(`0x${'1'.padStart(64, '0')}`);
});
