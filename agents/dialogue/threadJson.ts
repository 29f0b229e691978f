import { bytesToHex } from '../../protocol/bytes.ts';
import { big, int, type JsonCodec, malformed, object } from '../../protocol/json.ts';
import type { OfferBody, RequestBody } from './message.ts';

const text: JsonCodec<string> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'string') throw malformed('text');
    return json;
  },
};

/** As threads are stored; what came from outside was checked when it came. */
export const requestJson = object<RequestBody>({ capability: text, count: int, deadline: int, maxPrice: big });
export const offerJson = object<OfferBody>({
  capability: text,
  count: int,
  deadline: int,
  price: big,
  validUntil: int,
});

export function isHash(a: Uint8Array, b: Uint8Array): boolean {
  return bytesToHex(a) === bytesToHex(b);
}
