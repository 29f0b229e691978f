/** `npm run demo [-- ledger|ai] [--json]`: the whole system on real parts. Exits with 1 if anything does not reconcile. */
import { parseArgs } from 'node:util';
import { progressReporter } from '../../circuits/build/progress.ts';
import { type AiDemoResult, aiDemo, INFERENCES_PER_STREAM } from './ai.ts';
import { type LedgerDemoResult, ledgerDemo } from './ledger.ts';

const USAGE = `usage: npm run demo [-- ledger] [--json]
       npm run demo -- ai [--inferences <of each of two streams, default ${INFERENCES_PER_STREAM}>] [--json]`;

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, inferences: { type: 'string' } },
  allowPositionals: true,
});
const [name = 'ledger'] = positionals;
const inferencesPerStream = Number(values.inferences ?? INFERENCES_PER_STREAM);
if ((name !== 'ledger' && name !== 'ai') || !Number.isInteger(inferencesPerStream) || inferencesPerStream < 2) {
  console.error(USAGE);
  process.exit(2);
}

const abort = new AbortController();
process.once('SIGINT', () => abort.abort(new DOMException('interrupted', 'AbortError')));
const started = performance.now();
const progress = progressReporter();
const onStep = (text: string): void => {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
};

const options = { onStep, onProgress: progress.update, signal: abort.signal };
const isAi = name === 'ai';
const result = await (isAi ? aiDemo(options, { inferencesPerStream }) : ledgerDemo(options)).finally(progress.stop);
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
if (values.json) console.log(JSON.stringify(result, plain));
else show(result);
process.exit(result.reconciled ? 0 : 1);

function show(result: LedgerDemoResult | AiDemoResult): void {
  console.table(result.batches.map((row) => ({ ...row, provingSeconds: Number(row.provingSeconds.toFixed(1)) })));
  if ('claims' in result) showAi(result);
  for (const { what, expected, found } of result.mismatches)
    console.log(`MISMATCH ${what}: expected ${expected}, found ${found}`);
  console.log(
    `${result.reconciled ? 'reconciled' : 'NOT RECONCILED'}: ${result.checks} balances and statements checked, ` +
      `${result.batchesProven} batches proven, ${result.operations} operations, ${result.seconds.toFixed(0)} s`,
  );
}

function showAi(result: AiDemoResult): void {
  const { phases, inferencesSettled, claims, vouchersSigned, rewardRecipients } = result;
  console.table(phases);
  const count = (value: number): string => value.toLocaleString('en');
  console.log(
    `${count(inferencesSettled)} inferences settled by ${claims} claims; ${count(vouchersSigned)} vouchers, ` +
      `${count(result.inferencesPerSecond)} inferences/s with both sides on this machine`,
  );
  console.table({
    'an inference': {
      constraints: result.constraintsPerInference,
      'L1 gas': result.l1GasPerInference,
      how: `the ${claims} claims' share of their batches, all operations of a batch alike`,
    },
    'an inference, batches of claims alone': {
      constraints: result.constraintsPerInferenceWhole,
      'L1 gas': result.l1GasPerInferenceWhole,
      how: 'the same batches as if they held nothing else',
    },
    'a reward': {
      constraints: result.constraintsPerRewardRecipient,
      'L1 gas': result.l1GasPerRewardRecipient,
      how: `one of ${rewardRecipients} payments of one bundle, its share of the batch`,
    },
  });
  for (const [model, amount] of Object.entries(result.royaltiesSwept)) {
    console.log(`royalties of the ${model}, taken by its owner: ${amount} base units`);
  }
}
