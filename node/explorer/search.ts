import type { ChainStore } from '../../chain/store.ts';
import { hexToBytes, wordHex } from '../../protocol/bytes.ts';
import { unpackPoint } from '../../protocol/crypto/babyjub.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { field, isCanonical } from '../../protocol/field.ts';
import { ACCOUNT_LIMIT } from '../../protocol/ids.ts';
import { type Account, type AccountIndex, Kind, type Point } from '../../protocol/types.ts';
import type { SearchHit } from '../../sdk/explorerTypes.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';

const MOST_HITS = 16;
const KIND_NAMES = { [Kind.KEY]: 'KEY', [Kind.CHANNEL]: 'CHANNEL', [Kind.ATTEST]: 'ATTEST' } as const;

export interface SearchDeps {
  readonly store: Pick<
    ChainStore,
    'header' | 'summary' | 'evmBlockByHash' | 'tx' | 'evmTx' | 'accountsByKey' | 'accountsByAddress'
  >;
  readonly account: (index: AccountIndex) => Account | undefined;
  /** Attestations of a file's SHA-256, earliest first. */
  readonly attestationsOf: (sha256: Uint8Array) => readonly AccountIndex[];
}

/** What a whole name stands for; a part of one stands for nothing. A few look-ups by key, whatever the text. */
export async function search(text: string, deps: SearchDeps): Promise<readonly SearchHit[]> {
  const word = text.trim();
  const digits = /^(?:0x)?([0-9a-fA-F]+)$/.exec(word)?.[1]?.toLowerCase();
  if (digits?.length === 64) return (await byWord(digits, deps)).slice(0, MOST_HITS);
  if (digits?.length === 40) return (await byAddress(`0x${digits}`, deps)).slice(0, MOST_HITS);
  return /^(0|[1-9][0-9]{0,15})$/.test(word) ? byNumber(Number(word), deps) : [];
}

async function byNumber(number: number, { store, account }: SearchDeps): Promise<SearchHit[]> {
  if (!Number.isSafeInteger(number)) return [];
  const [header, summary] = await Promise.all([store.header(BigInt(number)), store.summary(number)]);
  return [
    ...(header === undefined ? [] : [{ kind: 'block', number: BigInt(number) } as const]),
    ...(summary === undefined ? [] : [{ kind: 'batch', number } as const]),
    ...(number < ACCOUNT_LIMIT ? accountHits([number as AccountIndex], account) : []), // in range
  ];
}

/** 64 digits: a hash of anything, or a key. */
async function byWord(digits: string, { store, account, attestationsOf }: SearchDeps): Promise<SearchHit[]> {
  const hash: Hex = `0x${digits}`;
  const word = BigInt(hash);
  const [block, tx, evmTx, owned] = await Promise.all([
    store.evmBlockByHash(hash),
    isCanonical(word) ? store.tx(field(word)) : undefined,
    store.evmTx(hash),
    keyOf(digits),
  ]);
  const accounts = owned === undefined ? [] : await store.accountsByKey(owned, { limit: MOST_HITS });
  return [
    ...(block === undefined ? [] : [{ kind: 'block', number: block.header.number } as const]),
    ...(tx === undefined ? [] : [{ kind: 'ledgerTx', hash: wordHex(word) } as const]),
    ...(evmTx === undefined ? [] : [{ kind: 'evmTx', hash } as const]),
    ...attestationsOf(hexToBytes(hash))
      .slice(0, MOST_HITS)
      .map((attestation) => ({ kind: 'artefact', sha256: hash, attestation }) as const),
    ...accountHits(accounts, account),
  ];
}

/** An address is one, whether anything is known of it or not. */
async function byAddress(address: Hex, { store, account }: SearchDeps): Promise<SearchHit[]> {
  const owned = await store.accountsByAddress(BigInt(address), { limit: MOST_HITS });
  return [{ kind: 'address', address }, ...accountHits(owned, account)];
}

function accountHits(indices: readonly AccountIndex[], account: SearchDeps['account']): SearchHit[] {
  return indices.flatMap((index) => {
    const found = account(index);
    return found === undefined ? [] : [{ kind: 'account', index, accountKind: KIND_NAMES[found.kind] } as const];
  });
}

/** undefined: most words are no point of the curve. */
function keyOf(digits: string): Point | undefined {
  try {
    return unpackPoint(hexToBytes(digits));
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
