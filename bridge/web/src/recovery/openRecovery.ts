import type { PublicClient } from 'viem';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { PageSide, type WorkerLike } from './pageSide.ts';
import type { CoreOptions } from './recoveryCore.ts';
import type { Recovery } from './types.ts';

interface RecoveryOptions {
  readonly config: WebConfig;
  /** May be the user's wallet's; it is only asked to read. */
  readonly l1: PublicClient;
}

/** Recovery on a thread of its own, which is started by the first call. */
export function openRecovery({ config, l1 }: RecoveryOptions): Recovery {
  return new PageSide({ options: coreOptions(config, document.baseURI), l1, startWorker });
}

function startWorker(): WorkerLike {
  return new Worker(new URL('./recovery.worker.ts', import.meta.url), { type: 'module', name: 'recovery' });
}

/** Addresses relative to the page are made absolute: a worker's own are relative to its script. */
export function coreOptions(config: WebConfig, base: string): CoreOptions {
  const { rollup, deployedAt, l1, l2, accountProof } = config;
  const absolute = (url: string) => new URL(url, base).href;
  return {
    ...{ rollup, deployedAt, l1ChainId: l1.chainId, l2ChainId: l2.chainId },
    ...(accountProof !== undefined && {
      artifacts: {
        wasm: absolute(accountProof.wasm),
        zkey: absolute(accountProof.zkey),
        vkey: absolute(accountProof.vkey),
      },
    }),
  };
}
