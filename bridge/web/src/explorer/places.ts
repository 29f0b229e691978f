/** Places of the explorer: what stands behind `#/explorer/`. Pure. */
import type { Hex } from '../../../../sdk/rpcTypes.ts';
import { href } from '../app/router.ts';

export type ExplorerPlace =
  | { readonly page: 'overview' | 'blocks' | 'batches' | 'nothing' }
  | { readonly page: 'block'; readonly block: string }
  | { readonly page: 'batch'; readonly batch: number }
  | { readonly page: 'transaction'; readonly hash: Hex }
  | { readonly page: 'account'; readonly index: number }
  | { readonly page: 'address'; readonly address: Hex }
  | { readonly page: 'search'; readonly text: string };

export const links = {
  overview: () => href('explorer'),
  blocks: () => href('explorer', 'blocks'),
  batches: () => href('explorer', 'batches'),
  block: (number: bigint | number | string) => href('explorer', 'block', number),
  batch: (number: number) => href('explorer', 'batch', number),
  transaction: (hash: string) => href('explorer', 'tx', hash),
  account: (index: number) => href('explorer', 'account', index),
  address: (address: string) => href('explorer', 'address', address),
  search: (text: string) => href('explorer', 'search', text),
};

/** Account indices are below 2^24 (docs/protocol.md section 2). */
const ACCOUNTS = 2 ** 24;
const NOTHING: ExplorerPlace = { page: 'nothing' };

/** A link is anybody's text: what names nothing that can exist leads nowhere, and is not asked of the node. */
export function parseExplorer([first, second = '', third]: readonly string[]): ExplorerPlace {
  if (third !== undefined) return NOTHING;
  if (second === '') {
    if (first === undefined) return { page: 'overview' };
    return first === 'blocks' || first === 'batches' ? { page: first } : NOTHING;
  }
  switch (first) {
    case 'block':
      return /^\d{1,18}$/.test(second) ? { page: 'block', block: BigInt(second).toString() } : NOTHING;
    case 'batch':
      return /^\d{1,15}$/.test(second) ? { page: 'batch', batch: Number(second) } : NOTHING;
    case 'tx':
      return isHex(second, 64) ? { page: 'transaction', hash: lower(second) } : NOTHING;
    case 'account':
    case 'channel':
      return /^\d{1,8}$/.test(second) && Number(second) < ACCOUNTS
        ? { page: 'account', index: Number(second) }
        : NOTHING;
    case 'address':
      return isHex(second, 40) ? { page: 'address', address: lower(second) } : NOTHING;
    case 'search':
      return { page: 'search', text: second };
    default:
      return NOTHING;
  }
}

function isHex(text: string, digits: number): boolean {
  return new RegExp(`^0x[0-9a-f]{${digits}}$`, 'i').test(text);
}

/** @param text of hexadecimal digits behind 0x */
function lower(text: string): Hex {
  return text.toLowerCase() as Hex;
}
