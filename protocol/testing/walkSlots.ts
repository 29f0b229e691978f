import { leafHash } from '../account.ts';
import { poseidon } from '../crypto/poseidon.ts';
import { shape } from '../shapes.ts';
import type { ClosedBatch, Field } from '../types.ts';

/**
 * Does what the circuit does with the account slots: each path must lead from the leaf before to the running root, and the leaf
 * after, on the same siblings, gives the next running root. Returns the complaints.
 */
export function walkSlots({ batch, slots }: ClosedBatch): string[] {
  const complaints: string[] = [];
  let root = batch.oldRoot;
  let last = -1;
  if (slots.length !== shape(batch.shape).A) complaints.push(`${slots.length} slots`);
  for (const { index, before, after, children } of slots) {
    if (index <= last) complaints.push(`index ${index} after ${last}`);
    last = index;
    let old = leafHash(before);
    let now = leafHash(after);
    let position: number = index;
    for (const group of children) {
      const digit = position % 8;
      if (group[digit] !== old) complaints.push(`index ${index}: the path does not hold the leaf before`);
      const withNow = group.map((hash, i): Field => (i === digit ? now : hash));
      old = poseidon(group);
      now = poseidon(withNow);
      position = Math.floor(position / 8);
    }
    if (old !== root) complaints.push(`index ${index}: not under the running root`);
    root = now;
  }
  if (root !== batch.newRoot) complaints.push('the last running root is not the new root');
  return complaints;
}
