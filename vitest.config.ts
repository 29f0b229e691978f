import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      '{protocol,circuits,chain,prover,sequencer,bridge,agents,sdk,genesis,node,bench}/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    testTimeout: 240_000,
    hookTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
