import type { Fixture } from '../../bridge/testing/fixture.ts';
import type { ShiftableClock } from '../../chain/clock.ts';
import { type Logger, silentLogger } from '../../chain/logger.ts';
import { loadConfig } from '../config/config.ts';
import { devAccount } from '../devnet/accounts.ts';
import { EngramNode } from '../node.ts';
import { instantProving } from './instantProving.ts';

export const WEEK = 7 * 86_400;

/** Rules of a contract that lets a test set time forward by days. */
export const PATIENT = { graceSeconds: 2 * WEEK, maxAgeSeconds: 2 * WEEK, queueDeadlineSeconds: 5 * WEEK } as const;

/** A whole node on the fixture's L1 (whose contract takes any proof). Batches close when asked; time can be set forward. */
export function startTestNode(
  {
    folder,
    clock,
    flags = {},
    key = devAccount('sequencer').l1Key,
    logger = silentLogger,
  }: {
    folder: string;
    clock: ShiftableClock;
    flags?: Readonly<Record<string, unknown>>;
    /** null: it only follows. */
    key?: `0x${string}` | null;
    logger?: Logger;
  },
  { fixture }: { fixture: Fixture },
): Promise<EngramNode> {
  const config = loadConfig({
    env: key === null ? { ENGRAM_SEQUENCER_ENABLED: 'false' } : { ENGRAM_L1_KEY: key },
    flags: {
      '--data-dir': folder,
      '--l1-rpc-url': fixture.l1.url,
      '--l1-rollup': fixture.deployment.address,
      '--l1-attestations': fixture.deployment.attestations,
      '--l1-start-block': Number(fixture.deployment.deployedAt),
      '--l1-confirmations': 0,
      '--l1-poll-ms': 50,
      '--rpc-port': 0,
      '--sequencer-shapes': 'dev',
      '--sequencer-block-ms': 50,
      '--sequencer-batch-ms': 3_600_000,
      '--sequencer-l1-wait-ms': 100,
      ...flags,
    },
  });
  return EngramNode.start(config, {
    logger,
    proving: instantProving,
    clock,
    moveTime: async (seconds) => {
      await fixture.warp(seconds);
      clock.advance(seconds * 1000);
    },
  });
}
