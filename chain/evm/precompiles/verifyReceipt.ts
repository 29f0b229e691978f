import { unpackChannel } from '../../../protocol/account.ts';
import { bytesToBigint } from '../../../protocol/bytes.ts';
import { verify } from '../../../protocol/crypto/eddsa.ts';
import { receiptHash, receiptMessage, type SignedReceipt } from '../../../protocol/receipts/receipt.ts';
import { decodeProof } from '../../../protocol/receipts/receiptCodec.ts';
import { type ReceiptProof, receiptProofRoot } from '../../../protocol/receipts/receiptTree.ts';
import { type AccountIndex, type ChannelTerms, Kind } from '../../../protocol/types.ts';
import { encodeWords } from './abi.ts';
import { GAS } from './gas.ts';
import { kindOf } from './layout.ts';
import { readSettled, readState, readWord } from './leaves.ts';
import type { Call } from './precompile.ts';
import { decodedReceipt, parsed, providerKey, refuse } from './receiptInput.ts';
import type { MeteredStorage } from './storage.ts';

/** Position, size, and a word for each sibling, the fold and each peak of a tree of 2^32 receipts. */
const MAX_PROOF_BYTES = 9 + 32 * 65;

/**
 * The statements of docs/receipts.md, section 2, in its order, on the ledger's own data: terms and key of the channel's accounts, and the
 * roots that its claims settled. So those about the claim's channel and provider hold by construction.
 */
export async function verifyReceipt({ input, gas, storage, domain }: Call): Promise<Uint8Array> {
  gas.use(GAS.receipt);
  const receipt = decodedReceipt(input.bytes(0));
  const proof = decodedProof(input.bytes(1), (words) => gas.use(GAS.receiptProofWord * words));
  const terms = await channelTerms(storage, receipt.channel);
  if (receipt.model !== terms.model) refuse('ReceiptModel(uint32,uint32)', terms.model, receipt.model);
  const leaf = receiptHash(receipt);
  const key = await providerKey(storage, terms.provider);
  if (key === undefined || !verify(key, receiptMessage(leaf, domain), receipt.signature)) refuse('ReceiptSignature()');
  if (receipt.sequence !== proof.position) {
    refuse('ReceiptPosition(uint32,uint32)', receipt.sequence, proof.position);
  }
  // decodeProof lets no other shape pass, so there is a root
  const receiptsRoot = receiptProofRoot(leaf, proof) ?? refuse('ProofMalformed()');
  const total = await readSettled(storage, receipt.channel, receiptsRoot);
  if (total === undefined) return refuse('ReceiptNotSettled(uint32,uint256)', receipt.channel, receiptsRoot);
  if (receipt.price > total) refuse('ReceiptPrice(uint96,uint96)', receipt.price, total);
  const settled = { receiptsRoot, total, receipts: proof.size };
  return encodeStatement(receipt, terms.provider, settled);
}

function encodeStatement(
  receipt: SignedReceipt,
  provider: AccountIndex,
  settled: { receiptsRoot: bigint; total: bigint; receipts: number },
): Uint8Array {
  const { channel, sequence, model, time, price, inputHash, outputHash, execution } = receipt;
  return encodeWords([
    ...[channel, sequence, provider, model, time].map(BigInt),
    price,
    bytesToBigint(inputHash),
    bytesToBigint(outputHash),
    execution,
    settled.receiptsRoot,
    settled.total,
    BigInt(settled.receipts),
  ]);
}

function decodedProof(bytes: Uint8Array, pay: (words: bigint) => void): ReceiptProof {
  if (bytes.length > MAX_PROOF_BYTES) refuse('ProofMalformed()');
  pay(BigInt(Math.ceil(bytes.length / 32)));
  return parsed('ProofMalformed()', () => decodeProof(bytes));
}

async function channelTerms(storage: MeteredStorage, index: AccountIndex): Promise<ChannelTerms> {
  if (kindOf(await readState(storage, index)) !== Kind.CHANNEL) refuse('NotAChannel(uint32)', index);
  return unpackChannel(await readWord(storage, index, 'c'));
}
