import { sha256 } from '@noble/hashes/sha2.js';
import { artefactCommitment } from '../../../../../protocol/attestation.ts';
import { MarketError } from '../marketError.ts';

/** UTF-8 bytes: the most that a service's document has (protocol/epochs). */
const MAX_BYTES = 4_096;

/**
 * The text of a service's document from a file, if it is the one that the service commits to. An editor's newline at its end is no part of it.
 * @throws MarketError FILE_TOO_LARGE, FILE_UNREADABLE, WRONG_DOCUMENT
 */
export async function serviceText(file: Pick<Blob, 'size' | 'text'>, artefact: bigint): Promise<string> {
  if (file.size > MAX_BYTES + 2) throw new MarketError('FILE_TOO_LARGE', { size: file.size });
  const read = await file.text().catch((cause: unknown) => {
    throw new MarketError('FILE_UNREADABLE', {}, { cause });
  });
  const text = read.replace(/\r?\n$/, '');
  const bytes = new TextEncoder().encode(text);
  if (artefactCommitment(sha256(bytes)) !== artefact) throw new MarketError('WRONG_DOCUMENT');
  return text;
}
