import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { artefactCommitment } from '../../../../../protocol/attestation.ts';
import { serviceText } from './serviceFile.ts';

const text = '{"name":"sentiment","version":1}';
const artefact = artefactCommitment(new Uint8Array(createHash('sha256').update(text).digest()));

describe('the document of a service, from a file', () => {
  it.each(['', '\n', '\r\n'])('is its text, whatever newline an editor left (%j)', async (end) => {
    expect(await serviceText(new Blob([text + end]), artefact)).toBe(text);
  });

  it.each([`${text} `, `${text}\n\n`, text.replace('sentiment', 'sentimenT'), ''])(
    'is refused before it is sent if it is another one (%j)',
    async (other) => {
      await expect(serviceText(new Blob([other]), artefact)).rejects.toMatchObject({ code: 'WRONG_DOCUMENT' });
    },
  );

  it('is refused unread if it is far too large', async () => {
    const file = { size: 1e12, text: () => Promise.reject(new RangeError('must not be read')) };
    await expect(serviceText(file, artefact)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  });

  it('is refused if it cannot be read', async () => {
    const file = { size: 10, text: () => Promise.reject(new DOMException('gone', 'NotReadableError')) };
    await expect(serviceText(file, artefact)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
