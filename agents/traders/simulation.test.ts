import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelRunner } from '../execution/modelRunner.ts';
import { buildModels } from '../models/buildModels.ts';
import { type SimulationReport, simulateTrade } from './simulation.ts';

let folder: string;
let runners: { digits: ModelRunner; text: ModelRunner };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engram-traders-'));
  const { digits, text } = await buildModels(folder);
  runners = { digits: await ModelRunner.load(digits.modelFile), text: await ModelRunner.load(text.modelFile) };
});
afterAll(async () => {
  await Promise.all([runners?.digits.close(), runners?.text.close()]);
  await rm(folder, { recursive: true, force: true });
});

const agentOf = (report: SimulationReport, name: string) => {
  const found = report.agents.find((agent) => agent.name === name);
  if (found === undefined) throw new RangeError(name);
  return found;
};

describe('two agents that trade for an hour with each other and with a cheat', () => {
  it('learn from receipts whom to trust, and all money is where it should be', async () => {
    const report = await simulateTrade({ seed: '1', runners });
    expect(report.caught.map(({ by }) => by).sort()).toEqual(['Ada', 'Ben']);
    expect(report.boughtAfterwards).toBe(0);
    expect(report.cheatIncome).toHaveLength(4);
    expect(report.cheatIncome[0]).toBeGreaterThan(0n);
    expect(report.cheatIncome.at(-1)).toBe(0n);
    expect(report.isConserved).toBe(true);
    const [ada, ben, cat] = ['Ada', 'Ben', 'Cat'].map((name) => agentOf(report, name));
    for (const honest of [ada, ben]) {
      expect(honest?.income).toBeGreaterThan(5n * (cat?.income ?? 0n));
      expect(honest?.bought).toBeGreaterThan(80);
      expect((honest?.right ?? 0) / (honest?.bought ?? 1)).toBeGreaterThan(0.9);
    }
    // what an honest one lost to the cheat: wrong answers it paid for before it looked, and the one it was caught with
    const losses = report.events.filter(({ fault }) => fault !== undefined);
    expect(losses.map(({ fault }) => fault)).toEqual(['OUTPUT_MISMATCH', 'OUTPUT_MISMATCH']);
  });

  it('do the same again from the same seed, and otherwise from another', async () => {
    const short = (seed: string) => simulateTrade({ seed, runners, seconds: 540 });
    const [first, second, other] = [await short('1'), await short('1'), await short('2')];
    expect(second).toEqual(first);
    expect(other.events).not.toEqual(first.events);
    expect(other.isConserved).toBe(true);
  });
});
