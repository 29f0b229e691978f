import { MAX_MESSAGE_DATA, MAX_MESSAGE_GAS } from '../../protocol/lane/constants.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import { l1MessageJson } from '../evm/records.ts';

const U64 = 1n << 64n;
const U256 = 1n << 256n;
const ADDRESS = /^0x[0-9a-f]{40}$/;
/** L1 cuts names at 64 bytes; each that is no UTF-8 may have become three here. */
const MAX_NAME = 256;

/** The canonical text of a message of L1: JSON without spaces, members in the order of the type, integers above 2^53 as decimal strings. */
export function messageText(message: L1Message): string {
  return JSON.stringify(l1MessageJson.encode(message));
}

/** The message of a canonical text; undefined for any other text. */
export function messageOfText(text: string): L1Message | undefined {
  try {
    const message = l1MessageJson.decode(JSON.parse(text));
    return isInRange(message) && messageText(message) === text ? message : undefined;
  } catch {
    return undefined;
  }
}

function isInRange(message: L1Message): boolean {
  if (message.index >= U64 || message.l1Timestamp >= 2 ** 40 || message.token >= 2 ** 16) return false;
  if (message.kind === 'token') {
    return message.decimals < 256 && message.name.length <= MAX_NAME && message.symbol.length <= MAX_NAME;
  }
  const { sender, to, refundTo, amount, gasLimit, data } = message;
  return (
    [sender, to, refundTo].every((address) => ADDRESS.test(address)) &&
    amount < U256 &&
    gasLimit <= MAX_MESSAGE_GAS &&
    data.length <= 2 + 2 * MAX_MESSAGE_DATA
  );
}
