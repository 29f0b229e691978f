import type { PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { Config } from '../config/config.ts';
import { Attestor } from './attestor.ts';
import { L1Sender } from './l1Sender.ts';

export interface AttestingDependencies {
  readonly store: ChainStore;
  readonly rollup: RollupReader;
  readonly lane: EvmLaneReader;
  readonly publicClient: PublicClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onMined: (call: string, gasUsed: bigint) => void;
}

/** Attests with the configured keys what this node has executed; undefined: there are none. */
export function createAttestor(
  { secrets, l1 }: Pick<Config, 'secrets' | 'l1'>,
  deps: AttestingDependencies,
): Attestor | undefined {
  const keys = secrets.attestorKeys.map((key) => privateKeyToAccount(key.reveal()));
  const [account] = keys;
  if (account === undefined) return undefined;
  const { store, rollup, lane, publicClient, clock, log, onMined } = deps;
  const { confirmations, pollMs } = l1;
  const sender = new L1Sender(
    { pollMs },
    { publicClient, account, clock, simulate: (call, from) => lane.simulate(call, from) },
  );
  return new Attestor(
    { confirmations, pollMs },
    {
      chain: store,
      rollup,
      lane,
      keys,
      clock,
      l1: { getBlockNumber: () => publicClient.getBlockNumber({ cacheTime: 0 }) },
      log: log.child({ module: 'attestor' }),
      send: async (call, signal) => {
        const sent = await sender.send(call, signal);
        onMined('attest', sent.gasUsed);
        return sent;
      },
    },
  );
}
