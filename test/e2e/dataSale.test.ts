/** `engram data`: a dataset sold for its key, from the command line; honest, cheating, silent and lying people. */

import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChunkTree, leafHash } from '../../agents/data/chunkTree.ts';
import { Keystream } from '../../agents/data/keystream.ts';
import { DATA_ESCROW_ABI } from '../../genesis/predeploys/dataEscrowAbi.ts';
import { Exit } from '../../node/cli/output.ts';
import { engram, type Run } from '../../node/testing/runCli.ts';
import { hexToBytes, prefixedHex } from '../../protocol/bytes.ts';
import { DATA_ESCROW } from '../../protocol/lane/addresses.ts';
import { Subtype } from '../../protocol/types.ts';
import { dataActions, dataWalletActions } from '../../sdk/data/dataActions.ts';
import { maskKey, newOneTimeKey, oneTimeKey } from '../../sdk/data/oneTimeKey.ts';
import { CHUNK_BYTES, purchaseId } from '../../sdk/data/purchase.ts';
import { offerJson, purchaseJson } from '../../sdk/data/purchaseJson.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';
import { type LanePerson, LaneWorld } from './support/laneWorld.ts';

const PUBLIC = ['data.cipher', 'data.leaves', 'manifest.json', 'offer.json'];
const now = ['--finality', 'latest'] as const;
const PLAIN = Uint8Array.from({ length: 9_000 }, (_, i) => (i * 37) % 256);
const PRICE = parseEther('0.25');
let devnet: InstantDevnet;
let world: LaneWorld;
let alice: LanePerson;
let bob: LanePerson;
let folder: string;
let sales = 0;

beforeAll(async () => {
  devnet = await startInstantDevnet();
  world = await LaneWorld.open(devnet);
  [alice, bob] = [world.who('alice'), world.who('bob')];
  await world.mint('bob', parseEther('2'));
  for (const { l1 } of [alice, bob]) await l1.depositToLane({ amount: parseEther('3') });
  const { index } = await bob.l1.depositToLane({ amount: parseEther('2'), token: world.token.id });
  await bob.evm.waitForMessage(index);
  const { queueIndex } = await alice.l1.deposit({ amount: parseEther('1'), key: alice.key.key });
  await alice.ledger.waitForDeposit(queueIndex);
  folder = mkdtempSync(join(tmpdir(), 'engram-sale-'));
  writeFileSync(join(folder, 'plain'), PLAIN);
});
afterAll(async () => {
  await devnet?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** One command in this process. */
const data = (...args: readonly (string | number | bigint)[]): Promise<Run> =>
  engram('data', ...args.map(String), '--json');

const by = (name: 'alice' | 'bob') => ['--dev', name, '--rpc', devnet.rpcUrl];
const codeOf = ({ exit, json }: Run): unknown[] => [exit, json?.error?.code];
const balance = (person: LanePerson) => world.balance(person.address, 0);

/** Alice prepares and offers; Bob gets what is public. */
async function offered(offer: readonly (string | number)[] = [], tamper?: (sellers: string) => void) {
  sales += 1;
  const [sellers, buyers] = [join(folder, `seller${sales}`), join(folder, `buyer${sales}`)];
  await must(data('prepare', join(folder, 'plain'), '--out', sellers, '--name', 'numbers'));
  tamper?.(sellers);
  await must(data('offer', sellers, '--price', PRICE, ...offer, ...by('alice')));
  mkdirSync(buyers);
  for (const name of PUBLIC) copyFileSync(join(sellers, name), join(buyers, name));
  return { sellers, buyers };
}

async function must(run: Promise<Run>): Promise<Run['json']> {
  const { exit, json } = await run;
  expect([exit, json.error]).toEqual([0, undefined]);
  return json;
}

const buy = async (buyers: string, ...more: readonly (string | number)[]) =>
  must(data('buy', buyers, '--dispute', 86_400, ...more, ...by('bob')));
const boughtIn = (buyers: string) =>
  purchaseJson.decode(JSON.parse(readFileSync(join(buyers, 'purchase.json'), 'utf8')).purchase);
const advance = (seconds: number) => devnet.rpc.request('engram_devAdvanceTime', [seconds]);

describe('an honest sale', () => {
  it('of an attested dataset: offer, check, buy, deliver, open, accept, withdraw', async () => {
    const { sellers, buyers } = await offered();
    const manifest = readFileSync(join(sellers, 'manifest.json'));
    const { sha256 } = JSON.parse(manifest.toString());
    const { index } = await alice.ledger.attest({
      sha256: hexToBytes(sha256),
      provenanceSha256: new Uint8Array(createHash('sha256').update(manifest).digest()),
      subtype: Subtype.DATASET,
    });
    await must(data('offer', sellers, '--price', PRICE, '--dataset', index, ...by('alice')));
    copyFileSync(join(sellers, 'offer.json'), join(buyers, 'offer.json'));
    expect(await must(data('check', buyers, '--rpc', devnet.rpcUrl))).toMatchObject({ isAttested: true, bytes: 9_000 });

    const before = [await balance(alice), await balance(bob)];
    const bought = await buy(buyers);
    expect(bought).toMatchObject({ price: String(PRICE), seller: alice.address.toLowerCase() });
    expect(codeOf(await data('buy', buyers, ...by('bob')))).toEqual([Exit.REFUSED, 'ALREADY_BOUGHT']);
    expect(codeOf(await data('open', buyers, '--out', join(buyers, 'out'), ...by('bob')))).toEqual([
      Exit.NOT_FOUND,
      'NOT_FOUND',
    ]);

    const early = await must(data('deliver', sellers, ...by('alice')));
    expect(early).toEqual({ delivered: [], skipped: [{ id: bought.id, reason: 'its block is not safe yet' }] });
    await world.settle();
    const { delivered, skipped } = await must(data('deliver', sellers, ...by('alice')));
    expect([delivered.map(({ purchase }: { purchase: string }) => purchase), skipped]).toEqual([[bought.id], []]);
    expect((await must(data('deliver', sellers, ...now, ...by('alice')))).delivered).toEqual([]);
    expect(await must(data('open', buyers, '--out', join(buyers, 'out'), '--accept', ...by('bob')))).toMatchObject({
      sha256,
    });
    expect(new Uint8Array(readFileSync(join(buyers, 'out')))).toEqual(PLAIN);

    const paid = await must(data('withdraw', ...by('alice')));
    expect(paid.amount).toBe(String(PRICE));
    const fees = BigInt(delivered[0].fee) + BigInt(paid.fee);
    expect((await balance(alice)) - (before[0] ?? 0n)).toBe(PRICE - fees);
    expect(await world.balance(DATA_ESCROW, 0)).toBe(0n);
    expect(codeOf(await data('withdraw', ...by('alice')))).toEqual([Exit.NOT_FOUND, 'NOTHING_OWED']);
    const { purchases } = await must(data('purchases', '--buyer', bob.address, '--rpc', devnet.rpcUrl));
    expect(purchases).toMatchObject([{ id: bought.id, status: 'released', purchase: { offer: { dataset: index } } }]);
    const { stdout } = await engram('data', 'purchases', '--rpc', devnet.rpcUrl);
    expect(stdout).toMatch(new RegExp(`^${bought.id} +released +0\\.25 ETH`, 'm'));
  });

  it('is not offered or bought under an attestation of something else', async () => {
    const { index } = await alice.ledger.attest({ sha256: new Uint8Array(32).fill(1), subtype: Subtype.DATASET });
    const { sellers, buyers } = await offered();
    const offer = ['offer', sellers, '--price', '1', '--dataset', index, ...by('alice')];
    expect(codeOf(await data(...offer))).toEqual([Exit.REFUSED, 'NOT_THE_DATASET']);
    const lie = { ...JSON.parse(readFileSync(join(buyers, 'offer.json'), 'utf8')), dataset: index };
    writeFileSync(join(buyers, 'offer.json'), JSON.stringify(lie));
    expect(codeOf(await data('buy', buyers, ...by('bob')))).toEqual([Exit.REFUSED, 'NOT_THE_DATASET']);
    expect(existsSync(join(buyers, 'purchase.json'))).toBe(false);
  });
});

describe('a purchase that did not arrive', () => {
  it('is sent again as it is, with the one-time key that was stored', async () => {
    const { buyers } = await offered();
    const carol = world.who('carol');
    const buying = ['buy', buyers, '--dev', 'carol', '--rpc', devnet.rpcUrl];
    expect((await data(...buying)).exit).toBe(Exit.REFUSED);
    const stored = readFileSync(join(buyers, 'purchase.json'), 'utf8');
    await world.evm.waitForTransactionReceipt({
      hash: await alice.evm.sendTransaction({ to: carol.address, value: parseEther('0.5') }),
    });
    expect((await must(data(...buying))).id).toBe(purchaseId(boughtIn(buyers)));
    expect(readFileSync(join(buyers, 'purchase.json'), 'utf8')).toBe(stored);
    await must(data('refund', buyers, ...by('alice')));
  });

  it('and cannot any more makes room for another, its secret kept', async () => {
    const { buyers } = await offered();
    const offer = offerJson.decode(JSON.parse(readFileSync(join(buyers, 'offer.json'), 'utf8')));
    const { secret, point: key } = oneTimeKey(5n);
    const purchase = { offer, buyer: bob.address, key, deliverBy: 1, disputeSeconds: 86_400 };
    const late = { purchase: purchaseJson.encode(purchase), secret: String(secret), version: 1 };
    writeFileSync(join(buyers, 'purchase.json'), JSON.stringify(late));
    expect(codeOf(await data('buy', buyers, ...by('bob')))).toEqual([Exit.REFUSED, 'LANE_REVERTED']);
    const kept = readdirSync(buyers).filter((name) => name.startsWith('purchase.'));
    expect(kept).toEqual([expect.stringMatching(/^purchase\.[0-9a-f]{16}\.json$/)]);
  });
});

describe('a cheating seller', () => {
  it('that delivers another key: the buyer has its money back', async () => {
    const { buyers } = await offered();
    await buy(buyers);
    const purchase = boughtIn(buyers);
    const delivery = maskKey(`0x${'77'.repeat(32)}`, purchaseId(purchase), {
      own: newOneTimeKey(),
      buyer: purchase.key,
    });
    const hash = await alice.evm.writeContract({
      address: DATA_ESCROW,
      abi: DATA_ESCROW_ABI,
      functionName: 'deliver',
      args: [purchase, delivery],
    });
    await world.evm.waitForTransactionReceipt({ hash });
    expect(codeOf(await data('open', buyers, '--out', join(buyers, 'out'), ...by('bob')))).toEqual([
      Exit.REFUSED,
      'WRONG_KEY',
    ]);
    expect(await must(data('dispute', buyers, ...by('bob')))).toMatchObject({ wrong: 'key' });
    expect((await must(data('withdraw', ...by('bob')))).amount).toBe(String(PRICE));
    expect(codeOf(await data('withdraw', ...by('alice')))).toEqual([Exit.NOT_FOUND, 'NOTHING_OWED']);
  });

  it('that encrypted something else: the buyer proves one chunk and has its money back', async () => {
    const { sellers, buyers } = await offered([], (path) => {
      const cipherFile = join(path, 'data.cipher');
      const cipher = new Uint8Array(readFileSync(cipherFile));
      cipher[5 * CHUNK_BYTES + 7] = (cipher[5 * CHUNK_BYTES + 7] ?? 0) ^ 0x20;
      writeFileSync(cipherFile, cipher);
      const tree = new ChunkTree();
      for (let at = 0; at < cipher.length; at += CHUNK_BYTES) {
        tree.append(leafHash(cipher.subarray(at, at + CHUNK_BYTES), tree.count));
      }
      const secretFile = join(path, 'secret.json');
      const secret = { ...JSON.parse(readFileSync(secretFile, 'utf8')), cipherRoot: prefixedHex(tree.end().root) };
      writeFileSync(secretFile, JSON.stringify(secret));
    });
    await buy(buyers);
    expect((await must(data('deliver', sellers, ...now, ...by('alice')))).delivered).toHaveLength(1);
    const out = join(buyers, 'out');
    expect(codeOf(await data('open', buyers, '--out', out, ...by('bob')))).toEqual([Exit.REFUSED, 'BAD_CHUNK']);
    expect(existsSync(out)).toBe(false);
    expect(await must(data('dispute', buyers, ...by('bob')))).toMatchObject({ wrong: 'chunk', chunk: 5 });
    expect((await must(data('withdraw', ...by('bob')))).amount).toBe(String(PRICE));
  });

  it('that is silent: the buyer takes its money back after the deadline; here in a token', async () => {
    const token = world.token.id;
    const { sellers, buyers } = await offered(['--token', token]);
    const before = await world.balance(bob.address, token);
    const { id } = await buy(buyers, '--deliver-within', 600);
    expect(before - (await world.balance(bob.address, token))).toBe(PRICE);
    expect(codeOf(await data('refund', buyers, ...by('bob')))).toEqual([Exit.REFUSED, 'LANE_REVERTED']);
    // So near its end the delivery could come too late, and give the key away for nothing.
    const near = await must(data('deliver', sellers, ...now, '--margin', 660, ...by('alice')));
    expect(near.skipped).toContainEqual({ id, reason: 'its time for the delivery is over in less than 660 s' });
    await advance(601);
    const late = await must(data('deliver', sellers, ...now, ...by('alice')));
    expect(late.skipped).toContainEqual({ id, reason: 'its time for the delivery is over' });
    await must(data('refund', id, ...by('bob')));
    expect((await must(data('withdraw', '--token', token, ...by('bob')))).amount).toBe(String(PRICE));
    expect(await world.balance(bob.address, token)).toBe(before);
  });
});

describe('a lying buyer', () => {
  it('gets nothing, and the seller is paid when the time is over', async () => {
    const { sellers, buyers } = await offered();
    await buy(buyers);
    await must(data('deliver', sellers, ...now, ...by('alice')));
    expect(codeOf(await data('dispute', buyers, ...by('bob')))).toEqual([Exit.REFUSED, 'NOTHING_WRONG']);
    const purchase = boughtIn(buyers);
    const { key } = JSON.parse(readFileSync(join(sellers, 'secret.json'), 'utf8'));
    const secret = BigInt(JSON.parse(readFileSync(join(buyers, 'purchase.json'), 'utf8')).secret);
    const wallet = bob.evm.extend(dataActions).extend(dataWalletActions);
    const delivery = await wallet.getDelivery(purchaseId(purchase));
    await expect(wallet.disputeKey({ purchase, delivery, secret })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(wallet.disputeKey({ purchase, delivery, secret: oneTimeKey(5n).secret })).rejects.toMatchObject({
      details: { error: 'WrongSecret' },
    });
    const chunk = readFileSync(join(buyers, 'data.cipher')).subarray(0, CHUNK_BYTES);
    const plain = new Uint8Array(chunk);
    new Keystream(hexToBytes(key)).apply(plain, 0);
    const complaint = {
      ...{ key, index: 0, cipherChunk: prefixedHex(chunk), plainLeaf: prefixedHex(leafHash(plain, 0)) },
      ...{ cipherProof: proof(readFileSync(join(buyers, 'data.cipher')), 0), plainProof: [] },
    };
    await expect(wallet.disputeChunk({ purchase, complaint })).rejects.toMatchObject({
      details: { error: 'NotInPlain' },
    });
    expect(codeOf(await data('release', buyers, ...by('alice')))).toEqual([Exit.REFUSED, 'LANE_REVERTED']);
    await advance(86_401);
    await must(data('release', purchaseId(purchase), ...by('alice')));
    expect((await must(data('withdraw', ...by('alice')))).amount).toBe(String(PRICE));
    expect(codeOf(await data('dispute', buyers, ...by('bob')))).toEqual([Exit.REFUSED, 'NOTHING_WRONG']);
  });
});

describe('wrong arguments', () => {
  it('are refused before anything is signed', async () => {
    const { sellers, buyers } = await offered();
    expect(codeOf(await data('prepare', join(folder, 'plain'), '--out', sellers))).toEqual([Exit.USAGE, 'EXISTS']);
    expect(codeOf(await data('buy', buyers, '--dispute', 60, ...by('bob')))).toEqual([Exit.USAGE, 'BAD_TIME']);
    expect(codeOf(await data('buy', buyers, '--deliver-within', 0, ...by('bob')))).toEqual([Exit.USAGE, 'BAD_TIME']);
    expect(codeOf(await data('open', buyers, '--out', 'x', ...by('bob')))).toEqual([Exit.USAGE, 'BAD_FILE']);
    expect(codeOf(await data('refund', `0x${'12'.repeat(32)}`, ...by('bob')))).toEqual([
      Exit.NOT_FOUND,
      'UNKNOWN_PURCHASE',
    ]);
    expect(codeOf(await data('refund', 'nothing', ...by('bob')))).toEqual([Exit.USAGE, 'BAD_FILE']);
    const offer = offerJson.decode(JSON.parse(readFileSync(join(buyers, 'offer.json'), 'utf8')));
    expect(offer.seller).toBe(alice.address.toLowerCase());
    writeFileSync(join(buyers, 'data.leaves'), new Uint8Array(32 * offer.chunks));
    expect(codeOf(await data('buy', buyers, ...by('bob')))).toEqual([Exit.REFUSED, 'FILES_DIFFER']);
  });
});

function proof(cipher: Uint8Array, index: number) {
  const tree = new ChunkTree(index);
  for (let at = 0; at < cipher.length; at += CHUNK_BYTES) {
    tree.append(leafHash(cipher.subarray(at, at + CHUNK_BYTES), tree.count));
  }
  return tree.end().proof.map(prefixedHex);
}
