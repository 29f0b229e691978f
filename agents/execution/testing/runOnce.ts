/** `runOnce.ts <model file> <input file>`: prints the SHA-256 of the answer. For tests that want a process of their own. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ModelRunner } from '../modelRunner.ts';

const [modelFile = '', inputFile = ''] = process.argv.slice(2);
const runner = await ModelRunner.load(modelFile);
const output = await runner.run(readFileSync(inputFile));
console.log(createHash('sha256').update(output).digest('hex'));
await runner.close();
