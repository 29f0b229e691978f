import { RlpCursor, RlpWriter } from '../../../chain/evm/rlp.ts';
import { NetworkError } from '../errors.ts';

/** The numbers of a request as an RLP list; none of them exceeds 48 bits. */
export function encodeRequest(numbers: readonly number[]): Uint8Array {
  const writer = new RlpWriter();
  writer.list(() => {
    for (const number of numbers) writer.integer(number);
  });
  return writer.finish();
}

/**
 * @param counts how many numbers there may be
 * @throws NetworkError BAD_FRAME: no list of so many numbers in its shortest form
 */
export function decodeRequest(bytes: Uint8Array, counts: readonly number[]): readonly number[] {
  const numbers: number[] = [];
  try {
    const cursor = new RlpCursor(bytes);
    const list = cursor.list();
    cursor.end();
    while (!list.isAtEnd) numbers.push(list.integer(2 ** 48 - 1));
  } catch (cause) {
    throw new NetworkError('BAD_FRAME', { reason: 'request' }, { cause });
  }
  if (!counts.includes(numbers.length)) throw new NetworkError('BAD_FRAME', { reason: 'request' });
  return numbers;
}
