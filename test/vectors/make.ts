/** Rewrites the shared vectors and the hex examples of docs/protocol.md: `npx tsx test/vectors/make.ts`. Review the diff: a changed vector is a changed protocol. */
import { readFileSync, writeFileSync } from 'node:fs';
import { batchVectors } from './batchVectors.ts';
import { codecVectors } from './codecVectors.ts';
import { END, hexExamples, START } from './hexExamples.ts';
import { receiptVectors } from './receiptVectors.ts';

function write(name: string, value: unknown): void {
  writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(value, null, 2)}\n`);
}

write('codec.json', codecVectors());
write('batch.json', batchVectors());
write('receipts.json', receiptVectors());

const doc = new URL('../../docs/protocol.md', import.meta.url);
const text = readFileSync(doc, 'utf8');
const start = text.indexOf(START);
const end = text.indexOf(END);
if (start < 0 || end < start) throw new Error(`docs/protocol.md lacks the markers ${START} and ${END}`);
writeFileSync(doc, text.slice(0, start) + hexExamples() + text.slice(end + END.length));
