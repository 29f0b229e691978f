import { poseidon } from './crypto/poseidon.ts';
import type { Field } from './types.ts';

/** A process serves one deployment; a hostile stream of domains must not fill the memory. */
const MAX_REMEMBERED = 16;

/** `Poseidon2(domain, purpose)`, remembered: what keeps messages of one purpose from being read as those of another. */
export function derivedDomain(purpose: bigint): (domain: Field) => Field {
  const known = new Map<Field, Field>();
  return (domain) => {
    const found = known.get(domain);
    if (found !== undefined) return found;
    const made = poseidon([domain, purpose]);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(domain, made);
    return made;
  };
}
