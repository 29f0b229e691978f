import { join } from 'node:path';
import { privateKeyToAccount } from 'viem/accounts';
import { Reader } from '../bridge/client/rollupReader.ts';
import type { RollupParameters } from '../bridge/client/types.ts';
import { type Clock, systemClock } from '../chain/clock.ts';
import { type Db, openLevel } from '../chain/db.ts';
import type { Logger } from '../chain/logger.ts';
import { openChain } from '../chain/openChain.ts';
import type { ChainStore } from '../chain/store.ts';
import { genesisState } from '../genesis/spec.ts';
import { ProofQueue } from '../prover/proofQueue.ts';
import type { Prover } from '../prover/prover.ts';
import type { FeeLane, Health } from '../sdk/rpcTypes.ts';
import type { RecoverPool } from '../sequencer/evm/recoverPool.ts';
import { Sequencer } from '../sequencer/sequencer.ts';
import { VerifyPool } from '../sequencer/verifyPool.ts';
import { advanceTime } from './advanceTime.ts';
import { AiIndex } from './backend/aiIndex.ts';
import { SequencerBackend } from './backend/sequencerBackend.ts';
import type { Config } from './config/config.ts';
import { openLaneGround } from './evm/laneGround.ts';
import { createLaneServices } from './evm/laneServices.ts';
import type { StatePruning } from './evm/statePruning.ts';
import { nodeHealth } from './health.ts';
import { l1PublicClient } from './l1/clients.ts';
import { ViemL1Port } from './l1/l1Port.ts';
import { Metrics } from './metrics.ts';
import { NodeError } from './nodeError.ts';
import { createProver, type Proving, proofPort, snarkjsProving } from './proving.ts';
import { repeat } from './repeat.ts';
import { type RpcServer, startRpcServer } from './rpc/server.ts';
import { chainSpec, sequencerOptions } from './settings.ts';
import { TokenList } from './tokens.ts';
import { AccountTurn } from './validator/accountTurn.ts';
import { createValidator } from './validator/createValidator.ts';
import { recordMetrics } from './wiring.ts';

export interface NodeDependencies {
  readonly logger: Logger;
  /** Default: snarkjs with the circuits of the configuration. */
  readonly proving?: Proving;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Devnets only: sets L1's clock and `clock` forward. Runs between two batches, once all closed ones are on L1. */
  readonly moveTime?: (seconds: number) => Promise<void>;
}

interface Parts {
  readonly db: Db;
  readonly store: ChainStore;
  readonly proofs: ProofQueue;
  readonly sequencer: Sequencer;
  readonly verifiers: VerifyPool;
  readonly recovery: RecoverPool;
  readonly pruning: StatePruning | undefined;
  readonly prover: Prover | undefined;
  readonly rpc: RpcServer;
  readonly backend: SequencerBackend;
  readonly parameters: RollupParameters;
}

/**
 * One node: store, L1, sequencer, prover and RPC, put together. `start` opens them from the bottom up (a failure closes what is
 * open already), `stop` closes them from the top down. What it promised (blocks) is on disk before anyone hears of it, so killing
 * it at any moment is safe; `stop` only is quicker to come back from.
 */
export class EngramNode {
  readonly #parts: Parts;
  readonly #background: AbortController;
  readonly #logger: Logger;
  #stopping: Promise<void> | undefined;
  /** Resolves with the cause if a part ended itself; the process should then stop the node and exit. */
  readonly halted: Promise<unknown>;

  /** Of parts that run; use `start`. */
  constructor(parts: Parts, deps: { background: AbortController; logger: Logger; halted: Promise<unknown> }) {
    this.#parts = parts;
    this.#background = deps.background;
    this.#logger = deps.logger;
    this.halted = deps.halted;
  }

  /** @throws NodeError, ChainError (store), BridgeError (L1), SequencerError */
  static async start(config: Config, deps: NodeDependencies): Promise<EngramNode> {
    const cleanup: (() => Promise<void> | void)[] = [];
    try {
      return await open(config, deps, cleanup);
    } catch (error) {
      for (const close of cleanup.reverse()) await close();
      throw error;
    }
  }

  /** HTTP and WebSocket. */
  get rpcUrl(): string {
    return this.#parts.rpc.url;
  }

  get parameters(): RollupParameters {
    return this.#parts.parameters;
  }

  get sequencer(): Sequencer {
    return this.#parts.sequencer;
  }

  get store(): ChainStore {
    return this.#parts.store;
  }

  get proofs(): ProofQueue {
    return this.#parts.proofs;
  }

  get prover(): Prover | undefined {
    return this.#parts.prover;
  }

  /** No new requests, then no new blocks, then no proofs, then the store is closed. May be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      const { rpc, sequencer, verifiers, recovery, pruning, prover, backend, db } = this.#parts;
      this.#logger.info({}, 'stopping');
      this.#background.abort();
      await rpc.stop();
      await sequencer.stop();
      await prover?.stop();
      await verifiers.stop();
      await recovery.stop();
      await pruning?.settled();
      await backend.flush();
      await db.close();
      this.#logger.info({}, 'stopped');
    })();
    return this.#stopping;
  }
}

async function open(
  config: Config,
  { logger, proving, clock = systemClock, moveTime: move }: NodeDependencies,
  cleanup: (() => Promise<void> | void)[],
): Promise<EngramNode> {
  const { l1Key } = config.secrets;
  if (config.l1.rollup === undefined)
    throw new NodeError('NO_ROLLUP', 'l1.rollup: the address of the contract is missing');
  if (l1Key === undefined)
    throw new NodeError('NO_L1_KEY', 'the sequencer’s L1 key is missing: ENGRAM_L1_KEY or l1.keyFile');
  const account = privateKeyToAccount(l1Key.reveal());
  const publicClient = l1PublicClient(config.l1);
  const deployedAt = BigInt(config.l1.startBlock);
  const reader = await Reader.connect({ address: config.l1.rollup, deployedAt }, publicClient);
  const parameters = await reader.parameters();
  const options = sequencerOptions(config, parameters);

  const metrics = new Metrics();
  const background = new AbortController();
  cleanup.push(() => background.abort());
  const db = await openLevel(join(config.data.dir, 'db'));
  cleanup.push(() => db.close());
  const genesis = await genesisState(await chainSpec(config.evm, parameters));
  const { store, lane } = await openChain({ domain: parameters.domain, genesis }, { db });
  const proofs = await ProofQueue.open({}, { db, clock });
  const onMined = (call: string, gasUsed: bigint): void => metrics.l1Transaction(call, gasUsed);
  const l1 = new ViemL1Port({ deployedAt }, { publicClient, reader, account, clock, onMined });
  const tokens = new TokenList({ reader });
  await tokens.refresh();

  const verifiers = new VerifyPool({ threads: config.sequencer.verifyThreads });
  cleanup.push(() => verifiers.stop());
  const ground = await openLaneGround(config, { lane, store, rollup: config.l1.rollup, publicClient, clock });
  cleanup.push(() => ground.recovery.stop());
  const sequencer = new Sequencer(options, {
    store,
    l1,
    clock,
    log: logger,
    proofs: proofPort(proofs),
    verify: (items) => verifiers.verifyMany(items),
    evm: ground.ofSequencer,
  });
  cleanup.push(() => sequencer.stop());
  await sequencer.load();
  const { contract } = ground;
  const services = await createLaneServices(config, {
    store,
    sequencer,
    contract,
    log: logger,
  });
  const { heads, pruning } = services;
  const validator =
    contract &&
    (await createValidator(config, {
      ...{ db, store, rollup: reader, lane: contract, publicClient, clock, onMined },
      log: logger,
      turn: new AccountTurn(),
    }));
  const onProof = (): void => sequencer.onProof();
  const prover = config.prover.enabled
    ? createProver(config.prover, {
        proving: proving ?? snarkjsProving(config),
        queue: proofs,
        clock,
        metrics,
        log: logger,
        onProof,
      })
    : undefined;
  const halted = new Promise<unknown>((resolve) => {
    sequencer.events.on('halted', resolve);
    prover?.events.on('halted', resolve);
  });
  recordMetrics(metrics, { sequencer, store, proofs });

  let hasHalted = false;
  void halted.then(() => {
    hasHalted = true;
  });
  const backend = new SequencerBackend(
    {
      l1ChainId: parameters.l1ChainId,
      l2ChainId: parameters.l2ChainId,
      rollup: config.l1.rollup,
      ...(config.l1.attestations !== undefined && { attestations: config.l1.attestations }),
      ...(config.l1.evmLane !== undefined && { evmLane: config.l1.evmLane }),
    },
    {
      store,
      sequencer,
      tokens: () => tokens.all,
      fees: () =>
        tokens.all.flatMap(({ id: token }): FeeLane[] => {
          const lane = sequencer.feeLane(token);
          return lane === undefined ? [] : [{ token, ...lane }];
        }),
      health: (): Health =>
        nodeHealth(
          { pollMs: config.l1.pollMs, nowMs: clock.nowMs() },
          {
            hasHalted,
            isStopping: background.signal.aborted,
            l1AnsweredAtMs: l1.answeredAtMs,
            proofs: proofs.counts(),
            attestationMismatch: validator?.status.mismatch,
          },
        ),
      logger: logger.child({ module: 'backend' }),
      clock,
      lane: services.queries,
      index: await AiIndex.load({ store, account: (index) => sequencer.account(index) }),
      advanceTime: move && ((by) => advanceTime(by, { sequencer, store, move })),
    },
  );

  await sequencer.start();
  void validator?.run(background.signal);
  prover?.start();
  cleanup.push(async () => prover?.stop());
  const rpc = await startRpcServer(config.rpc, {
    backend,
    evm: services.backend,
    metrics,
    logger: logger.child({ module: 'rpc' }),
  });
  const { signal } = background;
  void repeat(() => tokens.refresh(), { pauseMs: TOKENS_MS, signal, logger, about: 'tokens on L1' });
  void repeat(() => heads.refresh(), { pauseMs: config.l1.pollMs, signal, logger, about: 'heads on L1' });
  return new EngramNode(
    { db, store, proofs, sequencer, verifiers, recovery: ground.recovery, pruning, prover, rpc, backend, parameters },
    { background, logger: logger.child({ module: 'node' }), halted },
  );
}

const TOKENS_MS = 5_000;
