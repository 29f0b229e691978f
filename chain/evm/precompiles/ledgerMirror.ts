import { LEDGER_READ, MODEL_ATTESTATION } from '../../../protocol/lane/addresses.ts';
import { type Field, Kind } from '../../../protocol/types.ts';
import type { LeafWords, LedgerMirror } from '../types.ts';
import {
  kindOf,
  Lane,
  leafSlot,
  listSlot,
  packEntry,
  packHead,
  type Reference,
  settledSlot,
  settledWord,
  unpackHead,
} from './layout.ts';
import { type ContractStorage, loadWord, storeWord } from './storage.ts';

/**
 * Writes what a block changed in the ledger into the storage of LedgerRead and ModelAttestation (docs/protocol.md section 9). The result
 * does not depend on the order of the leaves. An account that is there already can only change its state: its other words are not looked
 * at, and one that did not change costs a read. Errors of the state go through.
 */
export async function applyLedgerMirror(state: ContractStorage, mirror: LedgerMirror): Promise<void> {
  const leaves = [...mirror.leaves].sort((x, y) => x.index - y.index);
  for (const leaf of leaves) {
    const isNew = await writeLeaf(state, leaf);
    if (isNew && kindOf(leaf.state) === Kind.ATTEST) {
      await enter(state, leaf.a, { lane: Lane.LEDGER, index: BigInt(leaf.index) });
    }
  }
  for (const { channel, receiptsRoot, total } of mirror.claims) {
    // A later claim of the same root has the larger total.
    await update(state, settledSlot(channel, receiptsRoot), settledWord(total));
  }
}

/** @returns whether the account is new to the EVM lane */
async function writeLeaf(state: ContractStorage, leaf: LeafWords): Promise<boolean> {
  const slot = leafSlot(leaf.index);
  const before = await loadWord(state, LEDGER_READ, slot);
  if (before === leaf.state) return false;
  await storeWord(state, LEDGER_READ, slot, leaf.state);
  if (before !== 0n) return false;
  for (const [i, word] of [leaf.a, leaf.b, leaf.c].entries()) {
    if (word !== 0n) await storeWord(state, LEDGER_READ, slot + BigInt(i + 1), word);
  }
  return true;
}

/** Behind those of earlier blocks and of smaller indices. */
async function enter(state: ContractStorage, commitment: Field, reference: Reference): Promise<void> {
  const slot = listSlot(commitment);
  const { first, count } = unpackHead(await loadWord(state, MODEL_ATTESTATION, slot));
  if (count > 0n) await storeWord(state, MODEL_ATTESTATION, slot + count, packEntry(reference));
  const head = { first: count === 0n ? reference : first, count: count + 1n };
  await storeWord(state, MODEL_ATTESTATION, slot, packHead(head));
}

async function update(state: ContractStorage, slot: bigint, value: bigint): Promise<void> {
  if ((await loadWord(state, LEDGER_READ, slot)) !== value) await storeWord(state, LEDGER_READ, slot, value);
}
