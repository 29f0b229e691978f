/** `npm run demo [-- ledger] [--json]`: the whole system on real parts. Exits with 1 if anything does not reconcile. */
import { parseArgs } from 'node:util';
import { progressReporter } from '../../circuits/build/progress.ts';
import { ledgerDemo } from './ledger.ts';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [name = 'ledger'] = positionals;
if (name !== 'ledger') {
  console.error('usage: npm run demo [-- ledger] [--json]');
  process.exit(2);
}

const abort = new AbortController();
process.once('SIGINT', () => abort.abort(new DOMException('interrupted', 'AbortError')));
const started = performance.now();
const progress = progressReporter();
const onStep = (text: string): void => {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
};

const result = await ledgerDemo({ onStep, onProgress: progress.update, signal: abort.signal }).finally(progress.stop);
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
if (values.json) {
  console.log(JSON.stringify(result, plain));
} else {
  console.table(result.batches.map((row) => ({ ...row, provingSeconds: Number(row.provingSeconds.toFixed(1)) })));
  for (const { what, expected, found } of result.mismatches)
    console.log(`MISMATCH ${what}: expected ${expected}, found ${found}`);
  console.log(
    `${result.reconciled ? 'reconciled' : 'NOT RECONCILED'}: ${result.checks} balances checked, ${result.batchesProven} batches proven, ` +
      `${result.operations} operations, ${result.seconds.toFixed(0)} s`,
  );
}
process.exit(result.reconciled ? 0 : 1);
