/** Which sentence says what an op does, and with what. Pure; the words are in the texts. */
import type { OpView } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';

type Op = Wire<OpView>;

/** Accounts by index; `undefined`: the sequencer has not chosen it yet. */
export type OpSentence =
  | { readonly say: 'TRANSFER' | 'TRANSFER_SELF' | 'CLOSE'; readonly from: number; readonly to: number }
  | {
      readonly say: 'REGISTER' | 'REGISTER_PENDING';
      readonly from: number;
      readonly to: number;
      readonly address: string;
    }
  | { readonly say: 'EXIT' | 'EXIT_TO_LANE'; readonly from: number; readonly recipient: string }
  | { readonly say: 'ATTEST' | 'ATTEST_PENDING'; readonly from: number; readonly to: number; readonly subtype: number }
  | { readonly say: 'OPEN' | 'OPEN_PENDING'; readonly from: number; readonly to: number; readonly provider: number }
  | { readonly say: 'CLAIM' | 'CLAIM_ROYALTY'; readonly from: number; readonly to: number; readonly royalty: string };

/** @param evmLane the contract on L1 that value for the EVM lane goes through */
export function opSentence({ opcode, from, to, details }: Op, evmLane?: string): OpSentence {
  const isPending = to === 0;
  switch (opcode) {
    case 'TRANSFER':
      return { say: from === to ? 'TRANSFER_SELF' : 'TRANSFER', from, to };
    case 'CLOSE':
      return { say: 'CLOSE', from, to };
    case 'REGISTER':
      return { say: isPending ? 'REGISTER_PENDING' : 'REGISTER', from, to, address: details.address ?? '' };
    case 'EXIT': {
      const recipient = details.recipient ?? '';
      const isLane = evmLane !== undefined && recipient.toLowerCase() === evmLane.toLowerCase();
      return { say: isLane ? 'EXIT_TO_LANE' : 'EXIT', from, recipient };
    }
    case 'ATTEST':
      return { say: isPending ? 'ATTEST_PENDING' : 'ATTEST', from, to, subtype: decimal(details.subtype) };
    case 'OPEN':
      return { say: isPending ? 'OPEN_PENDING' : 'OPEN', from, to, provider: decimal(details.provider) };
    case 'CLAIM': {
      const royalty = details.royalty ?? '0';
      return { say: royalty === '0' ? 'CLAIM' : 'CLAIM_ROYALTY', from, to, royalty };
    }
  }
}

function decimal(text: string | undefined): number {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : 0;
}

/** A memo as text, if that is what it is: UTF-8 that can be seen, behind zeros that fill its first word. */
export function memoText(memo: string): string | undefined {
  if (!/^0x([0-9a-f]{2}){1,96}$/i.test(memo)) return undefined;
  const pairs = memo.slice(2).match(/../g) ?? [];
  const bytes = pairs.map((pair) => Number.parseInt(pair, 16)).filter((byte) => byte !== 0);
  if (bytes.length === 0) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
    return /[\p{C}]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
