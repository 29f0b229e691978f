/** What a liar sends. */
import { randomBytes } from 'node:crypto';
import { brotliCompressSync, constants } from 'node:zlib';
import { encodeItem } from '../../../chain/wire/codec.ts';
import { signDigest } from '../../../chain/wire/signatures.ts';
import type { WireBlock } from '../../../chain/wire/types.ts';
import { blockDigest } from '../../../protocol/network/digests.ts';
import type { Field } from '../../../protocol/types.ts';
import type { Hex } from '../../../sdk/rpcTypes.ts';

const PLAIN = 0;
const BROTLI = 1;

/** As it is: codec 0. */
export function plainFrame(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(payload.length + 1);
  frame[0] = PLAIN;
  frame.set(payload, 1);
  return frame;
}

/** A few bytes that would unpack to very many. */
export function bombFrame(bytes: number): Uint8Array {
  const packed = brotliCompressSync(Buffer.alloc(bytes), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  const frame = new Uint8Array(packed.length + 1);
  frame[0] = BROTLI;
  frame.set(packed, 1);
  return frame;
}

export function noiseFrame(bytes: number): Uint8Array {
  return plainFrame(randomBytes(bytes));
}

/** The next block after `head`, signed, that says it leads to something it does not lead to. */
export function falseBlock({
  head,
  domain,
  privateKey,
}: {
  readonly head: WireBlock;
  readonly domain: Field;
  readonly privateKey: Hex;
}): Uint8Array {
  const hash = BigInt(`0x${randomBytes(32).toString('hex')}`);
  const block: WireBlock = {
    ...head,
    number: head.number + 1n,
    parentHash: head.hash,
    hash,
    timestamp: Math.max(head.timestamp, Math.floor(Date.now() / 1000)),
    l1: { ...head.l1, ops: [] },
    txs: [],
    evmTxs: [],
    l1Messages: [],
  };
  return plainFrame(
    encodeItem({ kind: 'block', block, signature: signDigest(blockDigest(domain, block), privateKey) }),
  );
}
