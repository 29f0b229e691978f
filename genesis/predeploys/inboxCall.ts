import { encodeFunctionData } from 'viem';
import { hexToBytes } from '../../protocol/bytes.ts';
import { TOKEN_FACTORY, TOKEN_IMPLEMENTATION } from '../../protocol/lane/addresses.ts';
import { SYSTEM_TX_GAS } from '../../protocol/lane/constants.ts';
import type { DepositMessage, Hex, LaneMessage, LedgerMessage, TokenMessage } from '../../protocol/lane/types.ts';
import { keccakHex } from '../hash.ts';
import { INBOX_ABI } from './abi.ts';

export interface InboxCall {
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly gasLimit: bigint;
  /** Who is credited `value` if the call fails all the same. */
  readonly refundTo: Hex;
}

/** What TokenFactory stores of a token's metadata; longer ones are cut. */
const MAX_NAME_BYTES = 64;
const MAX_SYMBOL_BYTES = 31;
const MAX_DECIMALS = 255;
const NOBODY: Hex = '0x0000000000000000000000000000000000000000';

/** Gas an EXIT's recipient gets for its call: LEDGER_CALL_GAS of contracts/Inbox.sol. */
export const LEDGER_CALL_GAS = 100_000n;

/** The call of Inbox by which a system transaction delivers a message (docs/protocol.md sections 8 and 10). */
export function inboxCall(message: LaneMessage): InboxCall {
  switch (message.kind) {
    case 'deposit':
      return depositCall(message);
    case 'token':
      return metadataCall(message);
    case 'fromLedger':
      return ledgerCall(message);
  }
}

function depositCall({ index, sender, token, to, amount, gasLimit, refundTo, data }: DepositMessage): InboxCall {
  const call =
    token === 0
      ? encodeFunctionData({
          abi: INBOX_ABI,
          functionName: 'deliverEther',
          args: [index, sender, to, gasLimit, refundTo, data],
        })
      : encodeFunctionData({
          abi: INBOX_ABI,
          functionName: 'deliverToken',
          args: [index, sender, token, to, amount, gasLimit, refundTo, data],
        });
  return { value: etherOf(token, amount), data: hexToBytes(call), gasLimit: gasLimit + SYSTEM_TX_GAS, refundTo };
}

function metadataCall({ index, token, name, symbol, decimals }: TokenMessage): InboxCall {
  const call = encodeFunctionData({
    abi: INBOX_ABI,
    functionName: 'deliverMetadata',
    args: [
      index,
      token,
      cutUtf8(name, MAX_NAME_BYTES),
      cutUtf8(symbol, MAX_SYMBOL_BYTES),
      Math.min(decimals, MAX_DECIMALS),
    ],
  });
  return { value: 0n, data: hexToBytes(call), gasLimit: SYSTEM_TX_GAS, refundTo: NOBODY };
}

function ledgerCall({ account, to, token, amount }: LedgerMessage): InboxCall {
  const call = encodeFunctionData({
    abi: INBOX_ABI,
    functionName: 'deliverFromLedger',
    args: [account, to, token, amount],
  });
  const gasLimit = LEDGER_CALL_GAS + SYSTEM_TX_GAS;
  return { value: etherOf(token, amount), data: hexToBytes(call), gasLimit, refundTo: to };
}

/** The longest beginning of a text that takes at most `maxBytes` in UTF-8; no character is cut in half. */
function cutUtf8(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}

function etherOf(token: number, amount: bigint): bigint {
  return token === 0 ? amount : 0n;
}

/** The minimal proxy (EIP-1167) that TokenFactory deploys: creation code around the implementation's address. */
const PROXY_INIT_CODE_HASH = keccakHex(
  `0x3d602d80600a3d3981f3363d3d373d3d3d363d73${TOKEN_IMPLEMENTATION.slice(2)}5af43d82803e903d91602b57fd5bf3`,
);

/** The ERC-20 of a rollup token on the lane: CREATE2 by TokenFactory with the token's id as the salt. */
export function tokenAddress(token: number): Hex {
  const salt = token.toString(16).padStart(64, '0');
  const hash = keccakHex(`0xff${TOKEN_FACTORY.slice(2)}${salt}${PROXY_INIT_CODE_HASH.slice(2)}`);
  return `0x${hash.slice(-40)}`;
}
