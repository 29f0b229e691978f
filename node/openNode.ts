import { join } from 'node:path';
import { systemClock } from '../chain/clock.ts';
import { type Db, openLevel } from '../chain/db.ts';
import { openChain } from '../chain/openChain.ts';
import type { GenesisState } from '../genesis/spec.ts';
import { genesisState } from '../genesis/spec.ts';
import type { Hex } from '../protocol/lane/types.ts';
import { ProofQueue } from '../prover/proofQueue.ts';
import type { FeeLane, Health } from '../sdk/rpcTypes.ts';
import { Sequencer } from '../sequencer/sequencer.ts';
import { VerifyPool } from '../sequencer/verifyPool.ts';
import { advanceTime } from './advanceTime.ts';
import { askForAnnouncements } from './announcements/joining.ts';
import { openAnnouncements } from './announcements/openAnnouncements.ts';
import { AiIndex } from './backend/aiIndex.ts';
import { SequencerBackend } from './backend/sequencerBackend.ts';
import type { Config } from './config/config.ts';
import { Duties } from './duties.ts';
import { openLaneGround } from './evm/laneGround.ts';
import { createLaneServices } from './evm/laneServices.ts';
import { NO_EXPLORER, UNOPENED_EXPLORER } from './explorer/disabled.ts';
import { openExplorer } from './explorer/openExplorer.ts';
import { nodeHealth } from './health.ts';
import { connectL1, type L1Connection } from './l1/connection.ts';
import { ViemL1Port } from './l1/l1Port.ts';
import { Market } from './market/market.ts';
import { Metrics } from './metrics.ts';
import { networkView } from './networkView.ts';
import type { NodeDependencies, NodeParts } from './node.ts';
import { createProver, proofPort, snarkjsProving } from './proving.ts';
import { repeat } from './repeat.ts';
import { startRpcServer } from './rpc/server.ts';
import { chainSpec, sequencerOptions } from './settings.ts';
import { genesisHashOf } from './sync/genesisHash.ts';
import { NOTHING_FOLLOWED } from './sync/l1Follower.ts';
import { openPeers, type PeerParts } from './sync/peerParts.ts';
import { snapshotFacts } from './sync/snapshotFacts.ts';
import { syncSnapshot } from './sync/snapshotSync.ts';
import { SyncService } from './sync/syncService.ts';
import { TokenList } from './tokens.ts';
import { AccountTurn } from './validator/accountTurn.ts';
import { createValidator } from './validator/createValidator.ts';
import { Leadership } from './validator/leadership.ts';
import { openRecord } from './validator/recordDb.ts';
import { Waiting } from './waiting.ts';
import { openNodePage } from './web/nodePage.ts';
import { recordBalance, recordMetrics, recordNetwork } from './wiring.ts';

const TOKENS_MS = 5_000;
const GAUGES_MS = 2_000;
const BALANCE_MS = 30_000;

/**
 * Opens everything from the bottom up. What is open is in `cleanup`, for when the rest fails.
 * @throws NodeError, ChainError (store), BridgeError (L1), SequencerError, NetworkError
 */
export async function openNode(
  config: Config,
  { logger, proving, clock = systemClock, moveTime: move }: NodeDependencies,
  cleanup: (() => Promise<unknown> | unknown)[],
): Promise<NodeParts> {
  const connection = await connectL1(config);
  const { publicClient, rollup, parameters, registry, account, deployedAt } = connection;
  const options = sequencerOptions(config, parameters);

  const metrics = new Metrics();
  const background = new AbortController();
  const { signal } = background;
  cleanup.push(() => background.abort());
  const db = await openLevel(join(config.data.dir, 'db'));
  cleanup.push(() => db.close());
  const genesis = await genesisState(await chainSpec(config.evm, parameters));
  const peers = await openPeers(config, parameters.domain, { clock, log: logger, metrics: metrics.network });
  cleanup.push(() => peers?.network.stop());
  const ground = await openLaneGround(config, { publicClient, clock, rollup: rollup.address });
  cleanup.push(() => ground.recovery.stop());
  await beginFromSnapshot(config, { db, genesis, peers, connection, ground, deps: { logger, clock } });
  const { store, lane } = await openChain({ domain: parameters.domain, genesis }, { db });
  await ground.check(store);
  const proofs = await ProofQueue.open({}, { db, clock });
  const onMined = (call: string, gasUsed: bigint): void => metrics.l1Transaction(call, gasUsed);
  // still an address
  const own = account?.address.toLowerCase() as Hex | undefined;
  const leadership = new Leadership({ own }, { rollup, registry, clock, log: logger.child({ module: 'leadership' }) });
  const leadsAt = (timestamp: number): boolean => leadership.canCommitAt(timestamp);
  const l1 = new ViemL1Port({ deployedAt }, { publicClient, reader: rollup, account, clock, onMined, leadsAt });
  metrics.l1.watch(() => l1.answeredAtMs);
  const tokens = new TokenList({ reader: rollup });
  await tokens.refresh();

  const verifiers = new VerifyPool({ threads: config.sequencer.verifyThreads });
  cleanup.push(() => verifiers.stop());
  let sync: SyncService | undefined;
  const followed = () => sync?.status ?? NOTHING_FOLLOWED;
  const waiting = new Waiting({ clock });
  const duties = new Duties(config.sequencer, {
    ...{ leadership, own, sync: followed },
    headTimestamp: () => store.head.timestamp,
    waitingSinceMs: () => waiting.sinceMs,
  });
  const turn = new AccountTurn();
  // Before anything asks whose turn it is.
  await leadership.refresh();
  const proves = (): boolean => duties.proves(clock.nowMs());
  const sequencer = new Sequencer(
    { ...options, proves },
    {
      store,
      l1,
      clock,
      log: logger,
      proofs: proofPort(proofs),
      verify: (items) => verifiers.verifyMany(items),
      evm: { lane, recovery: ground.recovery, ...(ground.feed !== undefined && { feed: ground.feed }) },
      duties,
      turn,
    },
  );
  cleanup.push(() => sequencer.stop());
  await sequencer.load();
  waiting.watch(sequencer);
  const { contract } = ground;
  const announce = (topic: 'ledger-tx' | 'evm-tx') =>
    peers && ((bytes: Uint8Array) => void peers.network.publish(topic, bytes));
  const {
    heads,
    pruning,
    queries,
    backend: evm,
  } = await createLaneServices(config, {
    store,
    sequencer,
    contract,
    log: logger,
    safeBlock: () => followed().safeBlock || undefined,
    network: {
      syncing: () => behind(store.head.block, peers),
      peerCount: () => peers?.network.peers().length ?? 0,
      onSubmitted: announce('evm-tx'),
    },
  });
  const record = await openRecord(config.data.dir);
  cleanup.push(() => record.close());
  const validator =
    contract &&
    (await createValidator(config, {
      ...{ db: record, store, rollup, lane: contract, registry, publicClient, clock, onMined, log: logger, turn },
      publish: peers && ((bytes) => peers.network.publish('attestation', bytes)),
    }));
  const announcements = await openAnnouncements({
    ...{ db, store, sequencer, clock },
    agreedBatch: () => followed().agreedBatch,
    verify: (items) => verifiers.verifyMany(items),
    publish: peers && ((bytes) => peers.network.publish('announcement', bytes)),
  });
  sync = await SyncService.open(config, {
    genesisHash: genesisHashOf(genesis, parameters.domain),
    ...{ db, store, sequencer, rollup, parameters, lane: contract, publicClient, leadership, peers, validator, clock },
    announcements,
    proves,
    attestedBatch: () => heads.attestedBatch,
    log: logger,
    metrics: metrics.sync,
  });
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
  recordMetrics(metrics, { sequencer, store, proofs });

  let hasHalted = false;
  let halt: (cause: unknown) => void = () => undefined;
  const halted = new Promise<unknown>((resolve) => {
    halt = (cause) => {
      // What follows from the first cause is not news.
      if (!hasHalted) logger.error({ event: 'halted', err: cause }, 'a part of the node halted');
      hasHalted = true;
      resolve(cause);
    };
  });
  sequencer.events.on('halted', halt);
  prover?.events.on('halted', halt);
  const signer = config.validator.enabled ? own : undefined;
  const health = (): Health =>
    nodeHealth(
      { pollMs: config.l1.pollMs, nowMs: clock.nowMs() },
      {
        hasHalted,
        isStopping: signal.aborted,
        l1AnsweredAtMs: l1.answeredAtMs,
        proofs: proofs.counts(),
        attestationMismatch: validator?.status.mismatch,
        isKeyElsewhere: validator?.status.isKeyElsewhere,
        invalidBatch: followed().invalidBatch,
        isSynced: followed().isSynced,
      },
    );
  metrics.process.watch(health);
  const aiIndex = await AiIndex.load({ store, account: (index) => sequencer.account(index) });
  const explorer = config.explorer.enabled
    ? await openExplorer(config.data.dir, {
        ...{ store, sequencer, proofs, publicClient, rollup: rollup.address, deployedAt, clock, log: logger },
        attestations: (artefact) => aiIndex.attestations(artefact),
      }).catch((err: unknown) => {
        // Nothing but the explorer's own methods needs it.
        logger.error({ err }, 'the explorer’s index cannot be opened: the node runs without it');
        return undefined;
      })
    : undefined;
  cleanup.push(() => explorer?.close());
  const market = await Market.open({
    ...{ db, store, announcements, clock, events: sequencer.events },
    account: (index) => sequencer.account(index),
    proven: () => sequencer.publisher.state.proven,
    log: logger.child({ module: 'market' }),
  });
  cleanup.push(() => market.stop());
  const backend = new SequencerBackend(
    {
      l1ChainId: parameters.l1ChainId,
      l2ChainId: parameters.l2ChainId,
      rollup: rollup.address,
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
      health,
      logger: logger.child({ module: 'backend' }),
      clock,
      lane: queries,
      network: { view: () => networkView({ peers, sync: followed, leadership, validator, signer, clock }) },
      announcements,
      onSubmitted: announce('ledger-tx'),
      index: aiIndex,
      market,
      explorer: explorer?.backend ?? (config.explorer.enabled ? UNOPENED_EXPLORER : NO_EXPLORER),
      advanceTime: move && ((by) => advanceTime(by, { sequencer, store, move })),
    },
  );

  await sync.first();
  await sequencer.start();
  prover?.start();
  cleanup.push(async () => prover?.stop());
  const page = openNodePage(config, { parameters, proofs, signal, logger: logger.child({ module: 'web' }) });
  const rpc = await startRpcServer(config.rpc, {
    backend,
    evm,
    page,
    metrics,
    logger: logger.child({ module: 'rpc' }),
  });
  const joining = ({ network, book }: PeerParts) => ({
    ...{ network, announcements, clock },
    isSynced: () => followed().isSynced && book.bestHead <= store.head.block,
    log: logger.child({ module: 'announcements' }),
  });
  const renewed = { signal, logger };
  const loops = Promise.all([
    sync.run(signal).catch(halt),
    validator?.run(signal),
    market.run(signal),
    explorer?.run(signal),
    peers && askForAnnouncements(joining(peers), signal),
    repeat(() => tokens.refresh(), { pauseMs: TOKENS_MS, about: 'tokens on L1', ...renewed }),
    account &&
      repeat(() => recordBalance(metrics, { publicClient, address: account.address }), {
        pauseMs: BALANCE_MS,
        about: 'balance on L1',
        ...renewed,
      }),
    repeat(() => heads.refresh(), { pauseMs: config.l1.pollMs, about: 'heads on L1', ...renewed }),
    repeat(
      async () => recordNetwork(metrics, { store, heads, validator, leadership, clock, peers, sync: followed() }),
      {
        pauseMs: GAUGES_MS,
        about: 'gauges',
        ...renewed,
      },
    ),
  ]);
  return {
    ...{
      db,
      record,
      store,
      proofs,
      sequencer,
      verifiers,
      recovery: ground.recovery,
      pruning,
      prover,
      rpc,
      page,
      backend,
      explorer,
      parameters,
    },
    ...{ sync, loops, peers, background, logger: logger.child({ module: 'node' }), halted },
  };
}

interface SnapshotParts {
  readonly db: Db;
  readonly genesis: GenesisState;
  readonly peers: PeerParts | undefined;
  readonly connection: L1Connection;
  readonly ground: Awaited<ReturnType<typeof openLaneGround>>;
  readonly deps: Required<Pick<NodeDependencies, 'logger' | 'clock'>>;
}

/** Only into an empty database, and only if the settings ask for it. */
async function beginFromSnapshot(config: Config, parts: SnapshotParts): Promise<void> {
  const { db, genesis, peers, connection, ground, deps } = parts;
  if (config.sync.mode !== 'snapshot' || peers === undefined) return;
  const { rollup, parameters, publicClient } = connection;
  const { domain } = parameters;
  const l1 = { getBlockNumber: () => publicClient.getBlockNumber({ cacheTime: 0 }) };
  const genesisHash = genesisHashOf(genesis, domain);
  await syncSnapshot(
    { domain, genesis, genesisHash },
    {
      db,
      network: peers.network,
      peers: peers.book,
      facts: (batch) => snapshotFacts(batch, { domain }, { rollup, lane: ground.contract, l1 }),
      clock: deps.clock,
      log: deps.logger.child({ module: 'snapshots' }),
    },
  );
}

/** What a client is told of a chain that is behind: how far peers say that they are. */
function behind(current: bigint, peers: PeerParts | undefined): { current: bigint; highest: bigint } | undefined {
  const highest = peers?.book.bestHead ?? 0n;
  return highest > current + SYNCING_BLOCKS ? { current, highest } : undefined;
}

/** A few blocks behind is in step. */
const SYNCING_BLOCKS = 8n;
