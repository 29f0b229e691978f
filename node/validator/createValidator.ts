import type { PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { RegistryReader } from '../../bridge/client/registryReader.ts';
import type { L1Call } from '../../bridge/client/types.ts';
import type { Clock } from '../../chain/clock.ts';
import type { Db } from '../../chain/db.ts';
import type { Logger } from '../../chain/logger.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Config } from '../config/config.ts';
import type { AccountTurn } from './accountTurn.ts';
import type { Send } from './attestationSender.ts';
import { AttestorSet } from './attestorSet.ts';
import { registrySource, signerSetSource } from './attestorSources.ts';
import { EvidenceBook } from './evidence.ts';
import { L1Sender } from './l1Sender.ts';
import { L1Witness } from './l1Witness.ts';
import type { OwnChain } from './ownBatches.ts';
import { PostedRules, type PostedRulesDeps } from './postedRules.ts';
import { RewardCollector } from './rewardCollector.ts';
import { SigningGuard } from './signingGuard.ts';
import { SlashReporter } from './slashReporter.ts';
import { type ValidatorOptions, type ValidatorResult, ValidatorService } from './validatorService.ts';

/** The settings that are looked at. */
export interface ValidatorConfig {
  readonly secrets: Config['secrets'];
  readonly l1: Pick<Config['l1'], 'confirmations' | 'pollMs'>;
  readonly validator: Config['validator'];
  readonly sequencer: Pick<Config['sequencer'], 'maxGasPriceGwei'>;
}

export interface ValidatorParts {
  /** For what was signed and found; it must outlive the chain in it. */
  readonly db: Db;
  readonly store: OwnChain & PostedRulesDeps['store'];
  readonly rollup: RollupReader;
  readonly lane: EvmLaneReader;
  /** Absent: the attestors are a set that never changes, and nobody has a stake. */
  readonly registry?: RegistryReader | undefined;
  readonly publicClient: PublicClient;
  /** The network's `attestation` topic; absent: no network. */
  readonly publish?: ((bytes: Uint8Array) => Promise<void>) | undefined;
  /** Of the node's L1 account, which the publisher uses as well. */
  readonly turn: AccountTurn;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onMined: (call: string, gasUsed: bigint) => void;
  readonly onResult?: (result: ValidatorResult) => void;
  /** Instead of the defaults. */
  readonly timing?: Omit<ValidatorOptions, 'confirmations' | 'pollMs'>;
}

/**
 * The validator of a node: with the node's L1 key if it is one (`validator.enabled`), with the attestor keys if there are any; without keys it
 * judges what others sign. undefined: no keys, and no network to hear others on.
 * @throws ValidatorError BAD_EVIDENCE: a record that is damaged; BridgeError (L1)
 */
export async function createValidator(
  { secrets, l1, validator, sequencer }: ValidatorConfig,
  parts: ValidatorParts,
): Promise<ValidatorService | undefined> {
  const { db, store, rollup, lane, registry, publicClient, publish, clock, onMined, onResult } = parts;
  const log = parts.log.child({ module: 'validator' });
  const { confirmations, pollMs } = l1;
  const domain = lane.attestationDomain;
  const nodeKey = validator.enabled ? secrets.l1Key : undefined;
  const keys = [...(nodeKey === undefined ? [] : [nodeKey]), ...secrets.attestorKeys].map((key) => key.reveal());
  const accounts = [...new Set(keys)].map((key) => privateKeyToAccount(key));
  const [account] = accounts;
  if (account === undefined && publish === undefined) return undefined;
  const source = registry === undefined ? signerSetSource(lane) : registrySource(registry, publicClient);
  const set = new AttestorSet({ renewMs: Math.max(pollMs, 4_000) }, { source, clock });
  const book = await EvidenceBook.load(domain, { db });
  const rules = new PostedRules(await rollup.parameters(), { store, lane });
  let send: Send | undefined;
  if (account !== undefined) {
    const simulate = (call: L1Call, from: Hex): Promise<bigint> =>
      registry !== undefined && call.to.toLowerCase() === registry.address.toLowerCase()
        ? registry.simulate(call, from)
        : lane.simulate(call, from);
    // The publisher's account is the node's: only that one is shared.
    const isShared = secrets.l1Key?.reveal() === keys[0];
    const sender = new L1Sender(
      { pollMs, maxFeePerGas: BigInt(sequencer.maxGasPriceGwei) * 10n ** 9n },
      { publicClient, account, simulate, clock, turn: isShared ? parts.turn : undefined },
    );
    send = async (call, signal) => {
      const sent = await sender.send(call, signal);
      onMined(callName(call, { lane, registry }), sent.gasUsed);
      return sent;
    };
  }
  const isReporting = validator.reportEquivocation && registry !== undefined && send !== undefined;
  const isCollecting = validator.claimRewards && registry !== undefined && send !== undefined;
  return new ValidatorService(
    { ...parts.timing, confirmations, pollMs },
    {
      ...{ chain: store, rollup, lane, rules, set, book, send, publish, clock, log, onResult },
      l1: {
        getBlockNumber: () => publicClient.getBlockNumber({ cacheTime: 0 }),
        getBlock: (at) => publicClient.getBlock(at),
      },
      guards: accounts.map((one) => new SigningGuard({ domain, account: one }, { db })),
      slasher:
        isReporting && send && registry
          ? new SlashReporter(parts.timing ?? {}, { book, registry, send, clock, log })
          : undefined,
      witness: isReporting ? new L1Witness({ lane, l1: publicClient }) : undefined,
      rewards: isCollecting && send && registry ? new RewardCollector({}, { registry, db, send, log }) : undefined,
    },
  );
}

/** For the metrics of what L1 costs. */
function callName(
  { to }: L1Call,
  { lane, registry }: { lane: EvmLaneReader; registry: RegistryReader | undefined },
): string {
  if (to.toLowerCase() === lane.address.toLowerCase()) return 'attest';
  return registry === undefined ? 'other' : 'registry';
}
