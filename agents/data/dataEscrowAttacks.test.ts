/** What people do who stand between: whoever builds blocks and keeps calls out, whoever changes a call's bytes, a buyer who wants the seller late. */
import { concatHex, getCreate2Address, type Hex, keccak256, numberToHex } from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import { DATA_ESCROW_ABI } from '../../genesis/predeploys/dataEscrowAbi.ts';
import { genesisState, loadSpec } from '../../genesis/spec.ts';
import { deposit } from '../../genesis/testing/fixture.ts';
import { errorName, TestLane } from '../../genesis/testing/lane.ts';
import { DATA_ESCROW } from '../../protocol/lane/addresses.ts';
import { FORCE_SECONDS } from '../../protocol/lane/constants.ts';
import { keyHash, maskKey, unmaskKey } from '../../sdk/data/oneTimeKey.ts';
import { type DataPurchase, DISPUTE_SECONDS, purchaseId } from '../../sdk/data/purchase.ts';
import { BUYER, BUYERS_KEY, callData, DAY, Dataset, NOW, SELLER, SELLERS_KEY } from './testing/escrowWorld.ts';

const [UNKNOWN, BOUGHT, DELIVERED, REFUNDED] = [0, 1, 2, 4];
/** Block 0 has it (genesis/specs/devnet.json). */
const CREATE2_DEPLOYER: Hex = '0x4e59b44847b379578588920ca78fbf26c0b4956c';
/** Calls the address in the first 20 bytes with the rest, and the value; fails if that fails. */
const RELAY_CODE: Hex = '0x601436038060145f375f5f825f345f3560601c5af1601b575f5ffd5b00';
const RELAY_INIT = concatHex(['0x601d8060095f395ff3', RELAY_CODE]);
const SALT = numberToHex(0, { size: 32 });
const RELAY = getCreate2Address({ from: CREATE2_DEPLOYER, salt: SALT, bytecode: RELAY_INIT }).toLowerCase() as Hex; // of an address

let lane: TestLane;
let nextMessage = 0n;
beforeEach(async () => {
  [lane, nextMessage] = [await TestLane.create(await genesisState(await loadSpec('devnet'))), 0n];
});

const send = (from: Hex, name: string, args: readonly unknown[], value = 0n) =>
  lane.send({ from, to: DATA_ESCROW, data: callData(name, args), value });

async function refusal(from: Hex, name: string, args: readonly unknown[], value = 0n): Promise<string> {
  const { isSuccess, returned } = await send(from, name, args, value);
  return isSuccess ? '' : errorName(DATA_ESCROW_ABI, returned);
}

/** A message of L1, which nobody who builds blocks can leave out for longer than FORCE_SECONDS. */
async function force(to: Hex, data: Hex): Promise<void> {
  const message = deposit({ index: nextMessage, to, data, amount: 0n, gasLimit: 1_000_000n });
  nextMessage += 1n;
  expect((await lane.deliver(message)).isSuccess).toBe(true);
}

async function buy({ offer, key, deliverBy, disputeSeconds }: DataPurchase): Promise<void> {
  const { isSuccess } = await send(BUYER, 'buy', [offer, key, deliverBy, disputeSeconds], offer.price);
  expect(isSuccess).toBe(true);
}

const status = async (purchase: DataPurchase): Promise<number> => {
  const [found] = (await lane.read(DATA_ESCROW_ABI, DATA_ESCROW, 'stateOf', [purchaseId(purchase)])) as [number];
  return found;
};
const credit = (owner: Hex) => lane.read(DATA_ESCROW_ABI, DATA_ESCROW, 'credit', [0, owner]);
const delivery = (purchase: DataPurchase, key: Hex) =>
  maskKey(key, purchaseId(purchase), { own: SELLERS_KEY, buyer: purchase.key });

describe('whoever builds blocks and is the seller’s friend', () => {
  const wrong = new Dataset({ isWrongAt: 2 });
  const purchase = wrong.purchase({ disputeSeconds: 2 * FORCE_SECONDS });
  beforeEach(async () => {
    await buy(purchase);
    expect((await send(SELLER, 'deliver', [purchase, delivery(purchase, wrong.key)])).isSuccess).toBe(true);
  });
  const complaint = callData('disputeChunk', [purchase, wrong.complaint(2)]);

  it('keeps disputes out: a message of L1 to the contract itself does not reach it, for Inbox calls no predeploy', async () => {
    await force(DATA_ESCROW, complaint);
    expect(await status(purchase)).toBe(DELIVERED);
  });

  it('does not keep out two messages of L1: one deploys a relay, the other disputes through it', async () => {
    await force(CREATE2_DEPLOYER, concatHex([SALT, RELAY_INIT]));
    await force(RELAY, concatHex([DATA_ESCROW, complaint]));
    expect([await status(purchase), await credit(BUYER)]).toEqual([REFUNDED, purchase.offer.price]);
    expect(await refusal(SELLER, 'release', [purchase])).toBe('WrongStatus');
  });

  it('finds no purchase whose time for disputes is as short as messages can be kept out', async () => {
    const { offer, key, deliverBy } = wrong.purchase();
    const args = [offer, key, deliverBy, FORCE_SECONDS];
    expect(await refusal(BUYER, 'buy', args, offer.price)).toBe('DisputeTimeOutOfRange');
    expect(DISPUTE_SECONDS.least).toBeGreaterThan(FORCE_SECONDS);
    // The shortest one: a message that was kept out as long as possible is in time.
    const short = wrong.purchase({ disputeSeconds: DISPUTE_SECONDS.least, deliverBy: NOW + DAY });
    await buy(short);
    expect((await send(SELLER, 'deliver', [short, delivery(short, wrong.key)])).isSuccess).toBe(true);
    await force(CREATE2_DEPLOYER, concatHex([SALT, RELAY_INIT]));
    lane.timestamp += BigInt(FORCE_SECONDS);
    await force(RELAY, concatHex([DATA_ESCROW, callData('disputeChunk', [short, wrong.complaint(2)])]));
    expect(await status(short)).toBe(REFUNDED);
  });
});

describe('whoever builds blocks and is the buyer’s friend', () => {
  it('holds a delivery back until it is too late, and has the key all the same: a seller needs more than seconds', async () => {
    const honest = new Dataset();
    const purchase = honest.purchase();
    await buy(purchase);
    lane.timestamp = BigInt(purchase.deliverBy + 1);
    const sent = delivery(purchase, honest.key);
    expect(await refusal(SELLER, 'deliver', [purchase, sent])).toBe('TooLate');
    const taken = unmaskKey(sent, purchaseId(purchase), BUYERS_KEY);
    expect(keyHash(taken)).toBe(honest.offer.keyHash);
    expect(await refusal(BUYER, 'refund', [purchase])).toBe('');
    expect([await credit(SELLER), await credit(BUYER)]).toEqual([0n, purchase.offer.price]);
  });

  it('cannot have a message of L1 deliver for the seller, who is nobody there', async () => {
    const honest = new Dataset();
    const purchase = honest.purchase();
    await buy(purchase);
    await force(CREATE2_DEPLOYER, concatHex([SALT, RELAY_INIT]));
    const data = callData('deliver', [purchase, delivery(purchase, honest.key)]);
    await force(RELAY, concatHex([DATA_ESCROW, data]));
    expect(await status(purchase)).toBe(BOUGHT);
  });
});

describe('a call whose bytes are changed', () => {
  const honest = new Dataset();
  const purchase = honest.purchase();
  /** Words of the purchase in the calldata of refund(purchase): all static. */
  const WORDS = [
    ...['dataset', 'plainRoot', 'cipherRoot', 'chunks', 'lastLength', 'keyHash', 'token', 'price', 'seller'],
    ...['buyer', 'key.x', 'key.y', 'deliverBy', 'disputeSeconds'],
  ];
  const refund = callData('refund', [purchase]);

  it.each(WORDS.map((name, i) => [name, i] as const))('in %s is of no purchase that there is', async (_name, i) => {
    await buy(purchase);
    expect((refund.length - 2) / 2).toBe(4 + 32 * WORDS.length);
    // The highest bit: beyond what most of the types have. No two encodings are one purchase.
    const at = 2 + 2 * (4 + 32 * i);
    const nibble = (Number.parseInt(refund[at] ?? '0', 16) ^ 8).toString(16);
    const data: Hex = `0x${refund.slice(2, at)}${nibble}${refund.slice(at + 1)}`;
    expect((await lane.send({ from: SELLER, to: DATA_ESCROW, data })).isSuccess).toBe(false);
    expect(await status(purchase)).toBe(BOUGHT);
  });

  it('at its end is the same call', async () => {
    await buy(purchase);
    const data = concatHex([refund, keccak256('0x01')]);
    expect((await lane.send({ from: SELLER, to: DATA_ESCROW, data })).isSuccess).toBe(true);
    expect(await status(purchase)).toBe(REFUNDED);
  });
});

it('a purchase of somebody else’s name is nobody’s: its buyer is who pays', async () => {
  const purchase = new Dataset().purchase({ deliverBy: NOW + 9 * DAY });
  const { offer, key, deliverBy, disputeSeconds } = purchase;
  const { isSuccess } = await send(SELLER, 'buy', [offer, key, deliverBy, disputeSeconds], offer.price);
  expect(isSuccess).toBe(true);
  expect(await status(purchase)).toBe(UNKNOWN);
  expect(await status({ ...purchase, buyer: SELLER })).toBe(BOUGHT);
});
