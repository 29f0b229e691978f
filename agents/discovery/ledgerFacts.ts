import type { AccountFacts } from '../../protocol/announcements/standing.ts';
import { field } from '../../protocol/field.ts';
import { Kind } from '../../protocol/types.ts';
import { type AnyClient, request } from '../../sdk/request.ts';

/** Where accounts come from: a node by default; who trusts none reads them from L1's proven state (`getProvenAccount`). */
export type AccountReader = (index: number) => Promise<AccountFacts | undefined>;

/** The node's word, as of the newest block. Each account is asked for once. */
export function nodeAccounts(client: AnyClient): AccountReader {
  const known = new Map<number, Promise<AccountFacts | undefined>>();
  return (index) => {
    const found = known.get(index) ?? accountOf(client, index);
    known.set(index, found);
    return found;
  };
}

/** @throws ProtocolError WORD_NOT_CANONICAL: the node sent no account */
async function accountOf(client: AnyClient, index: number): Promise<AccountFacts | undefined> {
  const view = await request(client, 'engram_getAccount', [index]);
  if (view === null) return undefined;
  const [a, b, c] = [view.a, view.b, view.c].map((word) => field(BigInt(word)));
  if (a === undefined || b === undefined || c === undefined) return undefined;
  return { kind: Kind[view.kind], a, b, c };
}
