import { expect, it } from 'vitest';
import { FuzzRun } from './testing/fuzzRun.ts';

/** Longer runs: ENGRAM_FUZZ_SECONDS; another start, or one seed that failed: ENGRAM_FUZZ_SEED. */
const SECONDS = Number(process.env.ENGRAM_FUZZ_SECONDS ?? 15);
const FIRST = Number(process.env.ENGRAM_FUZZ_SEED ?? 1);
const FEWEST = 3;

it(
  'random programs leave what EthereumJS says they leave',
  async () => {
    const until = performance.now() + SECONDS * 1000;
    let seed = FIRST;
    let [txs, gas] = [0, 0n];
    // At least a few, however slow the machine is.
    for (; seed < FIRST + FEWEST || performance.now() < until; seed++) {
      const run = await FuzzRun.open(seed);
      for (let block = 0; block < 4; block++) {
        const { mine, theirs, gasUsed, count } = await run.block(12);
        expect({ seed, block, ...mine }).toEqual({ seed, block, ...theirs });
        txs += count;
        gas += gasUsed;
      }
    }
    console.log(`seeds ${FIRST} … ${seed - 1}: ${txs} transactions, ${gas} gas`);
    expect(txs).toBeGreaterThan(0);
  },
  SECONDS * 3000 + 120_000,
);
