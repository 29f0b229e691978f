import { beforeAll, beforeEach, expect, test } from 'vitest';
import { prefixedHex } from '../../../protocol/bytes.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import { ANSWER_CHANNEL } from '../../../protocol/receipts/answer.ts';
import { signReceipt } from '../../../protocol/receipts/receipt.ts';
import { encodeProof, encodeReceipt } from '../../../protocol/receipts/receiptCodec.ts';
import { TEST_TIME } from '../../../protocol/testing/actors.ts';
import { AT, bob, dave, look } from '../../../protocol/testing/market.ts';
import { type Field, Kind } from '../../../protocol/types.ts';
import { leafOf, marketLeaves, marketTree, receiptOf, treeOf } from './testing/ledger.ts';
import { type Contract, deploy, Reverted, testArtifacts, World } from './testing/world.ts';

const receipt = receiptOf(7, { channel: ANSWER_CHANNEL });

let world: World;
let user: Contract;

beforeAll(() => testArtifacts());

beforeEach(async () => {
  world = await World.create();
  user = await deploy(world, 'PrecompileUser');
  await world.mirror({ leaves: marketLeaves });
});

const refused = (custom: string, act: Promise<unknown>) => expect(act).rejects.toEqual(new Reverted('revert', custom));
const verify = (said = receipt, provider: number = AT.dave) =>
  user.call('verifyAnswer', [provider, prefixedHex(encodeReceipt(said))]);

test('an answer signed by the account’s key says what it says', async () => {
  expect(await verify()).toEqual({
    sequence: 7,
    model: AT.model,
    time: TEST_TIME + 7,
    price: 10n,
    inputHash: prefixedHex(receipt.inputHash),
    outputHash: prefixedHex(receipt.outputHash),
    execution: 7n,
  });
});

test('a receipt of a channel is no answer, though its provider signed it', async () => {
  await refused(`NotAnAnswer(${AT.channel})`, verify(receiptOf(7)));
  await refused('NotAnAnswer(1)', verify(receiptOf(7, { channel: accountIndex(1) })));
});

test('changed afterwards, or to be a channel’s turned answer, it is nobody’s', async () => {
  for (const change of [{ sequence: 8 }, { price: 9n }, { time: TEST_TIME }, { outputHash: Buffer.alloc(32, 1) }]) {
    await refused('ReceiptSignature()', verify({ ...receipt, ...change }));
  }
  await refused('ReceiptSignature()', verify({ ...receiptOf(7), channel: ANSWER_CHANNEL }));
});

test('somebody else’s, or another deployment’s, is refused', async () => {
  await refused('ReceiptSignature()', verify(receipt, AT.bob));
  await refused('ReceiptSignature()', verify(receiptOf(7, { channel: ANSWER_CHANNEL }, bob)));
  await refused('ReceiptSignature()', verify(signReceipt(receipt, dave.seed, 5n as Field)));
});

test('a provider that is no live KEY account has no key', async () => {
  for (const index of [0, AT.model, AT.channel, 99, 2 ** 24 - 1, 2 ** 24, 2 ** 32 - 1]) {
    await refused('ReceiptSignature()', verify(receipt, index));
  }
});

test('words of an ATTEST account are no key, even if they are one', async () => {
  const attested = look(marketTree, AT.model);
  if (attested === undefined) throw new Reverted('no account', '');
  await world.mirror({ leaves: [leafOf(40, { ...attested, kind: Kind.ATTEST, a: dave.key[0], b: dave.key[1] })] });
  await refused('ReceiptSignature()', verify(receipt, 40));
});

test('bytes that are no receipt are refused', async () => {
  const bytes = encodeReceipt(receipt);
  const over = (at: number, value: number) => Uint8Array.from(bytes).fill(value, at, at + 1);
  const malformed = [
    bytes.subarray(1),
    Buffer.concat([bytes, Buffer.alloc(1)]),
    new Uint8Array(0),
    over(0, 1),
    over(93, 255),
    over(125, 255),
    Buffer.alloc(100_000),
  ];
  for (const each of malformed) {
    await refused('ReceiptMalformed()', user.call('verifyAnswer', [AT.dave, prefixedHex(each)]));
  }
});

test('verifyReceipt takes no answer, under whatever root: there is no channel 0', async () => {
  const first = receiptOf(0, { channel: ANSWER_CHANNEL });
  const tree = treeOf([first]);
  await world.mirror({
    claims: [
      { channel: accountIndex(AT.channel), receiptsRoot: tree.root, total: 60n },
      { channel: ANSWER_CHANNEL, receiptsRoot: tree.root, total: 60n },
    ],
  });
  const args = [prefixedHex(encodeReceipt(first)), prefixedHex(encodeProof(tree.proof(0)))];
  await refused('NotAChannel(0)', user.call('verifyReceipt', args));
});
