/** Offers and purchases as files and messages carry them. Amounts are decimal strings, hashes and addresses 0x-hex in lower case. */
import type { Hex } from 'viem';
import { prefixedHex } from '../../protocol/bytes.ts';
import { big, hexBytes, type JsonCodec, malformed, object, uint } from '../../protocol/json.ts';
import { CHUNK_BYTES, type CurvePoint, type DataOffer, type DataPurchase } from './purchase.ts';

/** Exactly so many bytes. */
function hexOf(length: number): JsonCodec<Hex> {
  const bytes = hexBytes(length);
  return { encode: (value) => value.toLowerCase(), decode: (json) => prefixedHex(bytes.decode(json)) };
}

function bounded<T extends number | bigint>(codec: JsonCodec<T>, { least, most }: { least: T; most: T }): JsonCodec<T> {
  return {
    encode: codec.encode,
    decode: (json) => {
      const value = codec.decode(json);
      if (value < least || value > most) throw malformed(`${least} to ${most}`);
      return value;
    },
  };
}

const word = bounded(big, { least: 0n, most: (1n << 256n) - 1n });

/** @see DataOffer. Unknown members are refused. @throws ProtocolError MALFORMED_BYTES */
export const offerJson: JsonCodec<DataOffer> = object<DataOffer>({
  dataset: uint(24),
  plainRoot: hexOf(32),
  cipherRoot: hexOf(32),
  chunks: bounded(uint(32), { least: 1, most: 2 ** 32 - 1 }),
  lastLength: bounded(uint(16), { least: 1, most: CHUNK_BYTES }),
  keyHash: hexOf(32),
  token: uint(16),
  price: bounded(big, { least: 1n, most: (1n << 96n) - 1n }),
  seller: hexOf(20),
});

/** @see DataPurchase. @throws ProtocolError MALFORMED_BYTES */
export const purchaseJson: JsonCodec<DataPurchase> = object<DataPurchase>({
  offer: offerJson,
  buyer: hexOf(20),
  key: object<CurvePoint>({ x: word, y: word }),
  deliverBy: uint(40),
  disputeSeconds: uint(32),
});
