/** `tsx agents/traders/main.ts [--seed text] [--json]`: an hour of trade between agents, as a story or as figures. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ModelRunner } from '../execution/modelRunner.ts';
import { buildModels } from '../models/buildModels.ts';
import { type SimulationReport, simulateTrade, type TradeEvent } from './simulation.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, json: { type: 'boolean', default: false } },
});

function told({ at, buyer, seller, task, price, answers, right, fault }: TradeEvent): string {
  const time = `${String(Math.floor(at / 60)).padStart(2)} min`;
  const what = `${buyer} buys ${answers} × ${task} of ${seller} at ${price}: ${right} right`;
  return fault === undefined ? `${time}  ${what}` : `${time}  ${what}; catches ${seller}: ${fault}`;
}

function summed({ agents, caught, boughtAfterwards, cheatIncome, isConserved }: SimulationReport): string {
  const lines = agents.map(
    ({ name, sells, soldAnswers, income, bought, right, spent }) =>
      `${name} sold ${soldAnswers} answers (${sells.join(', ')}) for ${income}; bought ${bought} for ${spent}, ${right} right`,
  );
  return [
    '',
    ...lines,
    `the cheat: caught by ${caught.map(({ by, at }) => `${by} after ${Math.floor(at / 60)} min`).join(', ') || 'nobody'}; income by quarter ${cheatIncome.join(', ')}; ${boughtAfterwards} answers bought afterwards`,
    `money: ${isConserved ? 'all where it should be' : 'NOT CONSERVED'}`,
  ].join('\n');
}

const folder = await mkdtemp(join(tmpdir(), 'engram-traders-'));
const say = (text: string): void => {
  (values.json ? process.stderr : process.stdout).write(`${text}\n`);
};
try {
  const models = await buildModels(folder, { onProgress: (name) => say(`training ${name}`) });
  const runners = {
    digits: await ModelRunner.load(models.digits.modelFile),
    text: await ModelRunner.load(models.text.modelFile),
  };
  try {
    const report = await simulateTrade({ seed: values.seed, runners, onEvent: (event) => say(told(event)) });
    if (values.json) {
      const plain = JSON.stringify(report, (_, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      );
      process.stdout.write(`${plain}\n`);
    } else say(summed(report));
    if (!report.isConserved) process.exitCode = 1;
  } finally {
    await Promise.all([runners.digits.close(), runners.text.close()]);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
