/**
 * Vouchers and receipts a second on one core: `npm run bench -- vouchers [--json] [--stream 2000]`.
 * Measured in this process's CPU time (its background compiler and garbage collector included), so that other load on the machine does
 * not count; the best of three rounds after one to warm up.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { publicKey, verify } from '../protocol/crypto/eddsa.ts';
import { PREPARED_KEY_BYTES, prepareKey, verifyPrepared } from '../protocol/crypto/preparedKey.ts';
import { accountIndex, NO_ACCOUNT } from '../protocol/ids.ts';
import { type CheckPolicy, EVERY_VOUCHER, ProviderBook } from '../protocol/receipts/channelBook.ts';
import {
  type Receipt,
  receiptHash,
  type SignedReceipt,
  signReceipt,
  verifyReceiptSignature,
} from '../protocol/receipts/receipt.ts';
import { ReceiptFrontier, ReceiptTree, verifyReceiptProof } from '../protocol/receipts/receiptTree.ts';
import type { Field, SignedVoucher } from '../protocol/types.ts';
import { signVoucher, voucherMessage } from '../protocol/voucher.ts';

const { values: args } = parseArgs({
  options: { json: { type: 'boolean', default: false }, stream: { type: 'string', default: '2000' } },
});
const STREAM = Number(args.stream);
const ROUNDS = 3;
const DOMAIN = 12345n as Field;
const CHANNEL = accountIndex(7);
const PRICE = 10n;
const EXPIRY = 2_000_000_000;
const NOW = 1_790_000_000;
const consumer = new Uint8Array(32).fill(1);
const provider = new Uint8Array(32).fill(2);
const consumerKey = publicKey(consumer);
const providerKey = publicKey(provider);

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function progress(message: string): void {
  process.stderr.write(`${message}\n`);
}

function must(isTrue: boolean, what: string): void {
  if (!isTrue) throw new RangeError(what);
}

/** Items a second of `run`, which handles `count` of them. */
function rate(count: number, run: () => void): number {
  let best = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const start = cpuSeconds();
    run();
    const seconds = cpuSeconds() - start;
    if (round > 0) best = Math.max(best, count / seconds);
  }
  return Math.round(best);
}

/** A whole stream, signed by both sides: voucher i pays for request i, over the root of receipts 0 … i − 1. */
function makeStream(): { vouchers: SignedVoucher[]; receipts: SignedReceipt[] } {
  const frontier = new ReceiptFrontier();
  const vouchers: SignedVoucher[] = [];
  const receipts: SignedReceipt[] = [];
  for (let i = 0; i < STREAM; i += 1) {
    const total = PRICE * BigInt(i + 1);
    vouchers.push(signVoucher({ channel: CHANNEL, total, receiptsRoot: frontier.root }, consumer, DOMAIN));
    const hash = Uint8Array.from({ length: 32 }, (_, k) => (i * 31 + k) & 255);
    const receipt: Receipt = {
      channel: CHANNEL,
      sequence: i,
      model: NO_ACCOUNT,
      time: NOW + i,
      price: PRICE,
      inputHash: hash,
      outputHash: hash,
      execution: 0n as Field,
    };
    receipts.push(signReceipt(receipt, provider, DOMAIN));
    frontier.append(receiptHash(receipt));
  }
  return { vouchers, receipts };
}

progress(`signing a stream of ${STREAM}`);
const { vouchers, receipts } = makeStream();
const leaves = receipts.map(receiptHash);

/** What a provider does for each voucher, but for the work and the receipt's signature: check it, keep the book, update the root. */
function serve(policy: CheckPolicy): number {
  return rate(STREAM, () => {
    const book = new ProviderBook({
      channel: CHANNEL,
      model: NO_ACCOUNT,
      voucherKey: consumerKey,
      domain: DOMAIN,
      expiry: EXPIRY,
      limit: PRICE * BigInt(STREAM),
      policy,
    });
    vouchers.forEach((voucher, i) => {
      book.accept(voucher, { price: PRICE, now: NOW });
      book.record(receipts[i] as SignedReceipt);
    });
    must(book.settle()?.total === PRICE * BigInt(STREAM), 'the last voucher can be claimed with');
  });
}

/** The same without a prepared key: verify, leaf, append, root, by hand. */
function servePlain(): number {
  return rate(STREAM, () => {
    const frontier = new ReceiptFrontier();
    vouchers.forEach((voucher, i) => {
      must(voucher.receiptsRoot === frontier.root, 'root');
      must(verify(consumerKey, voucherMessage(voucher, DOMAIN), voucher.signature), 'signature');
      frontier.append(receiptHash(receipts[i] as SignedReceipt));
    });
  });
}

const messages = vouchers.map((voucher) => voucherMessage(voucher, DOMAIN));
const deferred = (count: number): CheckPolicy => ({
  maxUnverifiedCount: count - 1,
  maxUnverifiedValue: PRICE * BigInt(count),
});

/** Seconds a key costs to prepare, and what it saves each time. */
function preparing(plain: number, prepared: number) {
  const perSecond = rate(200, () => {
    for (let i = 0; i < 200; i += 1) prepareKey(consumerKey);
  });
  const breakEven = Number((1 / perSecond / (1 / plain - 1 / prepared)).toFixed(1));
  return { perSecond, tableBytes: PREPARED_KEY_BYTES, breakEvenSignatures: breakEven };
}

/** Bytes of a full tree a receipt (heap and array buffers) and of a frontier's JSON. */
function treeMemory() {
  const used = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const frontier = new ReceiptFrontier();
  for (const leaf of leaves) frontier.append(leaf);
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  const before = used();
  const large = new ReceiptTree();
  // 2^16 − 1 leaves: the arrays of all levels, which double, are full.
  for (let i = 0; i < 65_535; i += 1) large.append(leaves[i % STREAM] as Field);
  collect();
  const bytes = Math.round((used() - before) / large.size);
  must(large.size === 65_535, 'size');
  return { frontierJsonBytes: JSON.stringify(frontier.toJson()).length, treeBytesPerReceipt: bytes };
}

progress('vouchers');
const plainVerify = rate(STREAM, () => {
  vouchers.forEach(({ signature }, i) => {
    must(verify(consumerKey, messages[i] as Field, signature), 'signature');
  });
});
const preparedKey = prepareKey(consumerKey);
const preparedVerify = rate(STREAM, () => {
  vouchers.forEach(({ signature }, i) => {
    must(verifyPrepared(preparedKey, messages[i] as Field, signature), 'signature');
  });
});
const checksPerSecond = serve(EVERY_VOUCHER);

progress('receipts');
const tree = new ReceiptTree();
for (const leaf of leaves) tree.append(leaf);
const proofs = leaves.map((_, i) => tree.proof(i));
const { root } = tree;

const result = {
  checksPerSecond,
  vouchersSignedPerSecond: rate(STREAM, () => {
    for (const voucher of vouchers) signVoucher(voucher, consumer, DOMAIN);
  }),
  checks: {
    everyVoucherPlainKey: servePlain(),
    everyVoucherPreparedKey: checksPerSecond,
    deferred: Object.fromEntries([10, 100, 1000].map((count) => [`oneIn${count}`, serve(deferred(count))])),
  },
  signatures: {
    verifyPerSecond: plainVerify,
    verifyPreparedPerSecond: preparedVerify,
    preparing: preparing(plainVerify, preparedVerify),
  },
  receipts: {
    signedPerSecond: rate(STREAM, () => {
      for (const receipt of receipts) signReceipt(receipt, provider, DOMAIN);
    }),
    signaturesVerifiedPerSecond: rate(STREAM, () => {
      for (const receipt of receipts) must(verifyReceiptSignature(receipt, providerKey, DOMAIN), 'receipt');
    }),
    appendedPerSecond: rate(STREAM, () => {
      const frontier = new ReceiptFrontier();
      for (const leaf of leaves) frontier.append(leaf);
      must(frontier.root === root, 'root');
    }),
    rootUpdatesPerSecond: rate(STREAM, () => {
      const frontier = new ReceiptFrontier();
      let last = 0n;
      for (const leaf of leaves) {
        frontier.append(leaf);
        last = frontier.root;
      }
      must(last === root, 'root');
    }),
    proofsBuiltPerSecond: rate(STREAM, () => {
      for (let i = 0; i < STREAM; i += 1) tree.proof(i);
    }),
    proofsVerifiedPerSecond: rate(STREAM, () => {
      proofs.forEach((proof, i) => {
        must(verifyReceiptProof(root, leaves[i] as Field, proof), 'proof');
      });
    }),
  },
  memory: treeMemory(),
  stream: STREAM,
  peakMemoryMB: 0,
};
result.peakMemoryMB = Math.round(process.resourceUsage().maxRSS / 1024);
if (args.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else {
  const rows: [string, number][] = [
    ['vouchers signed', result.vouchersSignedPerSecond],
    ['checks with root update, plain key', result.checks.everyVoucherPlainKey],
    ['checks with root update, prepared key (headline)', result.checksPerSecond],
    ...Object.entries(result.checks.deferred).map(([name, value]): [string, number] => [
      `checks with root update, deferred ${name}`,
      value,
    ]),
    ['signatures alone, plain', plainVerify],
    ['signatures alone, prepared', preparedVerify],
    ['keys prepared', result.signatures.preparing.perSecond],
    ['receipts signed', result.receipts.signedPerSecond],
    ['receipt signatures verified', result.receipts.signaturesVerifiedPerSecond],
    ['receipts appended', result.receipts.appendedPerSecond],
    ['root updates', result.receipts.rootUpdatesPerSecond],
    ['inclusion proofs built', result.receipts.proofsBuiltPerSecond],
    ['inclusion proofs verified', result.receipts.proofsVerifiedPerSecond],
  ];
  console.table(Object.fromEntries(rows.map(([name, value]) => [name, { 'per second, one core': value }])));
  console.dir({ preparing: result.signatures.preparing, memory: result.memory, peakMemoryMB: result.peakMemoryMB });
}
