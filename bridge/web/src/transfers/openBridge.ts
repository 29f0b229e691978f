import type { Address } from 'viem';
import type { L1Wallet } from '../../../../sdk/bridge/l1Wallet.ts';
import type { LaneWallet } from '../../../../sdk/lane/sendOnLane.ts';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import type { Actor, Bridge, BridgeOptions, FeeKind, Fees } from './api.ts';
import { feesOf } from './fees.ts';
import { holdingsOf } from './holdings.ts';
import { L1Chain } from './l1/l1Chain.ts';
import { Tokens } from './l1/tokens.ts';
import { intentTransfers } from './list/intentTransfers.ts';
import { inOrder, paceOf } from './list/pace.ts';
import { type Survey, Surveys } from './list/survey.ts';
import { TransferList } from './list/transferList.ts';
import { NodeView } from './node/nodeView.ts';
import { WalletActor } from './send/actor.ts';
import { SendGuard } from './send/guard.ts';
import { Intents } from './send/intents.ts';
import { type Notes, reconcile } from './send/reconcile.ts';
import { Sender } from './send/sender.ts';
import { toTrouble } from './trouble.ts';
import type { BridgeState, Holdings, Intent, Token, Transfer, Trouble } from './types.ts';

/** Finished transfers that a list shows. */
const FINISHED = 25;

/** The bridge page's engine. Nothing is asked before a method is called. */
export function openBridge(options: BridgeOptions): Bridge {
  return new Engine(options);
}

/** Computers' clocks may be wrong by more than blocks are apart, seconds: then L1's counts. */
const CLOCK_SLACK = 600;

function chainTime(now: number, l1: number): number {
  return Math.abs(now - l1) > CLOCK_SLACK ? l1 : now;
}

class Engine implements Bridge {
  readonly #config: WebConfig;
  readonly #l1: L1Chain;
  readonly #node: NodeView | undefined;
  readonly #recovery: BridgeOptions['recovery'];
  readonly #tokens: Tokens;
  readonly #intents: Intents;
  readonly #guard: SendGuard;
  readonly #sender: Sender;
  readonly #surveys: Surveys;
  readonly #list: TransferList;
  readonly #notes: Notes = { unsent: new Set(), usedSince: new Map(), nonces: new Map() };
  readonly #now: () => number;

  constructor({ config, l1, node, recovery, storage, locks, now = Date.now }: BridgeOptions) {
    this.#config = config;
    this.#l1 = new L1Chain(config, l1);
    this.#node = node && new NodeView(node);
    this.#recovery = recovery;
    this.#tokens = new Tokens(this.#l1);
    this.#now = () => Math.floor(now() / 1000);
    const { chainId } = config.l1;
    this.#intents = new Intents(storage, { l1ChainId: chainId, rollup: config.rollup });
    this.#guard = new SendGuard(locks, `${chainId}.${config.rollup.toLowerCase()}`);
    const ids = { l1ChainId: chainId, l2ChainId: config.l2.chainId };
    this.#sender = new Sender({ l1: this.#l1, intents: this.#intents, now: this.#now, ...ids });
    this.#surveys = new Surveys(config, { l1: this.#l1, node: this.#node });
    this.#list = new TransferList(config, { l1: this.#l1, node: this.#node, surveys: this.#surveys });
  }

  async state(): Promise<BridgeState> {
    const reader = await this.#l1.reader();
    const [state, { queueFee }] = await Promise.all([reader.state(), reader.parameters()]);
    const { isFrozen, isOpen, l1Timestamp: l1Time, proven, committed, queueTail } = state;
    const waits = !isFrozen && proven.queue < queueTail;
    const oldest = waits ? await this.#l1.queueEntry(proven.queue) : undefined;
    return {
      ...{ isFrozen, isOpen, committedBatch: committed.batch, provenBatch: proven.batch, queueFee, l1Time },
      ...(oldest !== undefined && { oldestDeadline: oldest.deadline }),
      canFreeze: oldest !== undefined && oldest.deadline < l1Time,
    };
  }

  tokens(): Promise<readonly Token[]> {
    return this.#tokens.all();
  }

  holdings(owner: Address): Promise<Holdings> {
    return holdingsOf(owner, { l1: this.#l1, tokens: this.#tokens, node: this.#node, recovery: this.#recovery });
  }

  async transfers(owner: Address): Promise<readonly Transfer[]> {
    const survey = await this.#surveys.of(owner);
    const left = await this.#settle(owner, survey);
    const listed = await this.#list.of(owner, survey, chainTime(this.#now(), survey.state.l1Timestamp));
    const waiting = intentTransfers(left, { pace: paceOf(this.#config), now: this.#now(), unsent: this.#notes.unsent });
    return inOrder([...listed, ...waiting], FINISHED);
  }

  feeOf(kind: FeeKind, token: number): Promise<Fees> {
    return feesOf(kind, token, { l1: this.#l1, node: this.#node });
  }

  intents(owner: Address): readonly Intent[] {
    return this.#intents.of(owner);
  }

  forget(intentId: string): void {
    this.#intents.remove(intentId);
  }

  troubles(): readonly Trouble[] {
    const { nodeFailure } = this.#surveys;
    return [
      ...(this.#intents.isKept ? [] : [{ code: 'NO_STORAGE' }]),
      ...(nodeFailure === undefined ? [] : [toTrouble(nodeFailure)]),
    ];
  }

  actor(wallet: L1Wallet, lane?: LaneWallet): Actor {
    return new WalletActor(
      { wallet, lane },
      {
        config: this.#config,
        l1: this.#l1,
        node: this.#node,
        recovery: this.#recovery,
        tokens: this.#tokens,
        intents: this.#intents,
        guard: this.#guard,
        sender: this.#sender,
        settle: async (owner) => this.#settle(owner, await this.#surveys.of(owner)),
        now: this.#now,
      },
    );
  }

  #settle(owner: Address, { events, state, refunded, node }: Survey): Promise<Intent[]> {
    const exits = new Set((node?.exits ?? []).flatMap(({ transaction }) => transaction ?? []).map(String));
    return reconcile(
      owner,
      {
        ...{ events, refunded, isFrozen: state.isFrozen },
        ...(node !== undefined && { node: { withdrawals: node.withdrawals, exits } }),
      },
      {
        ...{ intents: this.#intents, l1: this.#l1, node: this.#node, now: this.#now },
        notes: this.#notes,
        isAsking: async (intent) => this.#sender.asking.has(intent.id) || this.#guard.isBusy(intent),
      },
    );
  }
}
