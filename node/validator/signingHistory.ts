import { z } from 'zod';
import type { AttestationDomain } from '../../bridge/client/attestation.ts';
import { type Db, type DbOp, put } from '../../chain/db.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { ValidatorError } from './errors.ts';
import { batchOfKey, historyKeys, signerOfKey } from './historyKeys.ts';

const hex = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`));
const batch = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** The file by which a validator moves to another machine without signing anything twice. */
const HISTORY = z.strictObject({
  version: z.literal(1),
  l1ChainId: z.string().regex(/^[0-9]{1,20}$/),
  evmLane: hex(20),
  signers: z
    .array(
      z.strictObject({
        signer: hex(20),
        /** Nothing up to this batch may be signed that is not listed. */
        floor: batch,
        signed: z.array(z.strictObject({ batch: batch.min(1), commitment: hex(32) })).max(1_000_000),
      }),
    )
    .max(1_000),
});

export type SigningHistory = z.infer<typeof HISTORY>;

export interface ImportedHistory {
  readonly signers: readonly Hex[];
  /** Records that were not here before. */
  readonly added: number;
  /** Batches for which this database and the file have different commitments: the key has equivocated already. Ours are kept. */
  readonly conflicts: readonly { readonly signer: Hex; readonly batch: number }[];
}

/** All that was signed for one contract. Take it after the node has stopped, and never start that one again: its record ends here. */
export async function exportHistory(domain: AttestationDomain, { db }: { db: Db }): Promise<SigningHistory> {
  const bySigner = new Map<string, { floor: number; signed: { batch: number; commitment: string }[] }>();
  const of = (key: string) => {
    const signer = signerOfKey(key);
    const found = bySigner.get(signer) ?? { floor: 0, signed: [] };
    bySigner.set(signer, found);
    return found;
  };
  for await (const [key, value] of db.range(historyKeys.floorsOf(domain))) of(key).floor = Number(value);
  for await (const [key, commitment] of db.range(historyKeys.allOf(domain))) {
    of(key).signed.push({ batch: batchOfKey(key), commitment });
  }
  return {
    version: 1,
    l1ChainId: String(domain.l1ChainId),
    evmLane: domain.evmLane.toLowerCase(),
    signers: [...bySigner]
      .map(([signer, rest]) => ({ signer, ...rest }))
      .sort((x, y) => (x.signer < y.signer ? -1 : 1)),
  };
}

/** Of a file's text. @throws ValidatorError BAD_HISTORY */
export function parseHistory(text: string): SigningHistory {
  const parsed = HISTORY.safeParse(jsonOf(text));
  if (!parsed.success) throw new ValidatorError('BAD_HISTORY', { reason: parsed.error.issues[0]?.message ?? '' });
  return parsed.data;
}

/**
 * Adds a history to what is here; it only ever forbids more. The node must not run meanwhile (the database is locked by it anyway).
 * @throws ValidatorError WRONG_CHAIN
 */
export async function importHistory(
  history: SigningHistory,
  domain: AttestationDomain,
  { db }: { db: Db },
): Promise<ImportedHistory> {
  const found = `${history.l1ChainId}/${history.evmLane}`;
  const expected = `${domain.l1ChainId}/${domain.evmLane.toLowerCase()}`;
  if (found !== expected) throw new ValidatorError('WRONG_CHAIN', { found, expected });
  const ops: DbOp[] = [];
  const conflicts: { signer: Hex; batch: number }[] = [];
  let added = 0;
  for (const { signer: name, floor, signed } of history.signers) {
    const signer = name as Hex; // by the pattern
    const of = { ...domain, signer };
    const before = Number((await db.get(historyKeys.floor(of))) ?? 0);
    if (floor > before) ops.push(put(historyKeys.floor(of), String(floor)));
    for (const { batch, commitment } of signed) {
      const key = historyKeys.signed(of, batch);
      const known = await db.get(key);
      if (known === undefined) {
        ops.push(put(key, commitment));
        added += 1;
      } else if (known !== commitment) conflicts.push({ signer, batch });
    }
  }
  await db.write(ops);
  return { signers: history.signers.map(({ signer }) => signer as Hex), added, conflicts };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ValidatorError('BAD_HISTORY', { reason: 'not JSON' }, { cause });
  }
}
