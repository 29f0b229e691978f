/** One channel, many requests, each paid with a signature, all of them settled with one claim; and the proof that one was served. */
import { parseEther } from 'viem';
import {
  EngramError,
  type Field,
  ReceiptLog,
  type SignedReceipt,
  Subtype,
  sha256Bytes,
  verifyReceiptOnL1,
} from '../sdk/index.ts';
import { connect, type ExampleOptions, person, runExample } from './support.ts';

const REQUESTS = 25;
const PRICE = parseEther('0.0001');
const DAY_SECONDS = 86_400;
const NO_OPTIONS = 0n as Field;

/** Stands for a model that answers the same question always the same way. */
function infer(input: Uint8Array): Uint8Array {
  return sha256Bytes(input).subarray(0, 8);
}

export async function payPerInference(options: ExampleOptions) {
  const { log } = options;
  const network = await connect(options);
  const [consumer, provider, author] = [await person(network, 6), await person(network, 7), await person(network, 8)];
  const payer = await consumer.deposit(parseEther('1'));
  const payee = await provider.deposit(parseEther('0.1'));
  const authorAccount = await author.deposit(parseEther('0.1'));
  const weights = sha256Bytes(new TextEncoder().encode(`weights ${authorAccount}`));
  const model = await author.ledger.attest({
    from: authorAccount,
    sha256: weights,
    subtype: Subtype.MODEL,
    royaltyBps: 1_000,
  });

  const paying = await consumer.ledger.openChannel({
    from: payer,
    provider: payee,
    model: model.index,
    amount: parseEther('0.01'),
    lifetimeSeconds: 3_600,
    maxRoyaltyBps: 1_000,
  });
  const { time } = await provider.ledger.getChainInfo();
  // Somebody else's clock only because a development network's may be ahead.
  const paid = await provider.ledger.acceptChannel({ channel: paying.index, model: model.index, now: () => time });
  log(`channel ${paying.index}`);

  // Over a network: the voucher travels with the input, the receipt with the output. Store both books (toJson) before sending.
  const receipts = new ReceiptLog();
  let receipt: SignedReceipt | undefined;
  for (let n = 0; n < REQUESTS; n += 1) {
    const input = new TextEncoder().encode(`question ${n}`);
    const voucher = paying.next(receipt, { price: PRICE, input });

    paid.accept(voucher, { price: PRICE }); // throws unless it pays
    const [inputHash, outputHash] = [sha256Bytes(input), sha256Bytes(infer(input))];
    receipt = paid.issue({ price: PRICE, inputHash, outputHash, execution: NO_OPTIONS });

    receipts.append(receipt);
  }
  if (receipt === undefined) throw new RangeError('nothing was asked');
  paying.receive(receipt);
  paid.accept(paying.voucher(), { price: 0n }); // signs for the last receipt, too

  const claim = await paid.claim();
  await provider.ledger.waitFor(claim, 'proven', { onStatus: ({ status }) => log(`the claim is ${status}`) });
  const { claimed } = await provider.ledger.getChannel(paying.index);
  const royalty = (await author.ledger.getAttestation(model.index)).balance;
  log(`${REQUESTS} requests cost ${claimed} wei with one claim; the model earned ${royalty} wei`);

  // Anybody with the receipt: this model, this input, this output, this price, settled in a proven batch.
  const question = receipts.receipts[7];
  if (question === undefined) throw new RangeError('no such receipt');
  const proof = receipts.proof(question.sequence, paid.receiptsRoot);
  const verdict = await consumer.ledger.verifyReceipt({ receipt: question, proof });
  const proven = await verifyReceiptOnL1(consumer.ledger, network.l1, { receipt: question, proof });
  log(`receipt ${question.sequence} is settled in batch ${proven.batch}, by L1's own data`);

  // The author moves what the model earned.
  await author.ledger.waitFor(
    await author.ledger.transfer({ from: model.index, to: authorAccount, amount: royalty }),
    'included',
  );

  const isClosed = await closeWhenOver();
  return { claimed, royalty, isSettled: verdict.isSettled, batch: proven.batch, isClosed };

  /** A day after its expiry the rest is the payer's again. A development network can be told to let that time pass. */
  async function closeWhenOver(): Promise<boolean> {
    try {
      await consumer.ledger.request({ method: 'engram_devAdvanceTime', params: [3_600 + DAY_SECONDS] });
    } catch {
      log('the channel can be closed a day after it expires');
      return false;
    }
    try {
      await consumer.ledger.waitFor(await paying.close(), 'included');
    } catch (error) {
      if (error instanceof EngramError) log(`not closed: ${error.code}`);
      throw error;
    }
    log(`the payer has ${(await consumer.ledger.getAccount(payer)).balance} wei`);
    return true;
  }
}

await runExample(import.meta.url, payPerInference);
