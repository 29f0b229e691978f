import { devOperator } from '../accounts.ts';
import type { DevDeployment } from '../deployment.ts';
import { Program } from './program.ts';

/** `engram prover`: proves what is committed, with an L1 account of its own. Not started. */
export function proverProgram(
  {
    number,
    of,
    account,
    logFile,
    cacheDir,
  }: {
    /** From 0. */
    number: number;
    of: number;
    /** Position among the operators. */
    account: number;
    logFile: string;
    cacheDir: string | undefined;
  },
  { rpcUrls, l1Url, deployment }: { rpcUrls: readonly string[]; l1Url: string; deployment: DevDeployment },
): Program {
  const args = [
    ...['prover', '--json', '--rpc', rpcUrls.join(','), '--l1', l1Url, '--rollup', deployment.rollup],
    ...[
      '--l1-start-block',
      String(deployment.deployedAt),
      '--offset',
      String(number),
      '--of',
      String(of),
      '--poll-ms',
      '1000',
    ],
    ...(cacheDir === undefined ? [] : ['--cache', cacheDir]),
  ];
  const env = { ENGRAM_L1_KEY: devOperator(account).l1Key };
  return new Program({ name: `prover${number + 1}`, logFile, env, args: () => args });
}
