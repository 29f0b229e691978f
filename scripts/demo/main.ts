/** `npm run demo [-- ledger|ai|evm|agents] [--json]`: the whole system on real parts. Exits with 1 if anything does not reconcile. */
import { setMaxListeners } from 'node:events';
import { parseArgs } from 'node:util';
import { progressReporter } from '../../circuits/build/progress.ts';
import { type AgentsDemoResult, agentsDemo } from './agents.ts';
import { type AiDemoResult, aiDemo, INFERENCES_PER_STREAM } from './ai.ts';
import { type EvmDemoResult, evmDemo, INFERENCES } from './evm.ts';
import { type LedgerDemoResult, ledgerDemo } from './ledger.ts';

type Result = LedgerDemoResult | AiDemoResult | EvmDemoResult | AgentsDemoResult;

const USAGE = `usage: npm run demo [-- ledger] [--json]
       npm run demo -- ai [--inferences <of each of two streams, default ${INFERENCES_PER_STREAM}>] [--json]
       npm run demo -- evm [--inferences <default ${INFERENCES}>] [--json]
       npm run demo -- agents [--json]`;

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, inferences: { type: 'string' } },
  allowPositionals: true,
});
const [name = 'ledger'] = positionals;
const inferences = values.inferences === undefined ? undefined : Number(values.inferences);
const isCount = inferences === undefined || (Number.isInteger(inferences) && inferences >= 2);
// the EVM lane's story shows receipts up to number 77
const isEnough = name !== 'evm' || inferences === undefined || inferences >= 100;
if (!['ledger', 'ai', 'evm', 'agents'].includes(name) || !isCount || !isEnough) {
  console.error(USAGE);
  process.exit(2);
}

const abort = new AbortController();
// many parts of a story wait for the same end
setMaxListeners(0, abort.signal);
process.once('SIGINT', () => abort.abort(new DOMException('interrupted', 'AbortError')));
const started = performance.now();
const progress = progressReporter();
const onStep = (text: string): void => {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
};

const options = { onStep, onProgress: progress.update, signal: abort.signal };
const result = await run().finally(progress.stop);
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
if (values.json) console.log(JSON.stringify(result, plain));
else show(result);
process.exit(result.reconciled ? 0 : 1);

function run(): Promise<Result> {
  if (name === 'ai') return aiDemo(options, { inferencesPerStream: inferences ?? INFERENCES_PER_STREAM });
  if (name === 'evm') return evmDemo(options, { inferences: inferences ?? INFERENCES });
  if (name === 'agents') return agentsDemo(options);
  return ledgerDemo(options);
}

function show(result: Result): void {
  console.table(result.batches.map((row) => ({ ...row, provingSeconds: Number(row.provingSeconds.toFixed(1)) })));
  if ('claims' in result) showAi(result);
  if ('receiptsPaid' in result) showEvm(result);
  if ('incomes' in result) showAgents(result);
  for (const { what, expected, found } of result.mismatches)
    console.log(`MISMATCH ${what}: expected ${expected}, found ${found}`);
  console.log(
    `${result.reconciled ? 'reconciled' : 'NOT RECONCILED'}: ${result.checks} balances and statements checked, ` +
      `${result.batchesProven} batches proven, ${result.operations} operations, ${result.seconds.toFixed(0)} s`,
  );
}

function showAgents({ incomes, shopping, phases, accuracy }: AgentsDemoResult): void {
  console.table(phases);
  console.table(accuracy);
  console.table(shopping);
  const whole = (amount: bigint): number => Number(amount / 10n ** 12n) / 10 ** 6;
  console.table(
    incomes.map(({ epoch, provider, answers, rewards }) => {
      return { epoch, provider, 'answers (tokens)': whole(answers), 'rewards (tokens)': whole(rewards) };
    }),
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

function showEvm({ phases, receiptsPaid, inferencesSettled, refusals, l1Gas, l2Gas }: EvmDemoResult): void {
  console.table(phases);
  console.log(`${receiptsPaid} receipts of ${inferencesSettled} settled inferences were paid by a contract`);
  console.table(refusals);
  console.log('gas, on L1 and on the EVM lane');
  console.table({ ...l1Gas, ...l2Gas });
}
