import type { Address, PublicClient } from 'viem';
import { controllerOf } from '../../../../protocol/account.ts';
import { accountIndex } from '../../../../protocol/ids.ts';
import type { AccountTree } from '../../../../protocol/tree.ts';
import { type Account, type AccountIndex, Kind } from '../../../../protocol/types.ts';
import { controlledAccounts } from '../../../../sdk/recovery/controlledAccounts.ts';
import { Reader } from '../../../client/rollupReader.ts';
import type { ProvenLeaf, RollupState } from '../../../client/types.ts';
import type { OwnedAccount } from '../transfers/types.ts';
import { proveAccount } from './accountProver.ts';
import { type Artifacts, type ArtifactUrls, downloadArtifacts } from './artifactFiles.ts';
import { CommitLogs } from './commitLogs.ts';
import { RecoveryError, throwIfAborted } from './errors.ts';
import { l1Error } from './l1Answers.ts';
import { requireAccepted } from './l1Verdict.ts';
import { inParallel } from './parallel.ts';
import { ReplayedChain } from './replayedChain.ts';
import type { EscapeProof, LedgerOptions, ProveOptions, ProveProgress, RecoveredLedger } from './types.ts';

/** The parts of `WebConfig` that recovery needs, addresses of files made absolute. */
export interface CoreOptions {
  readonly rollup: Address;
  readonly deployedAt: number;
  readonly l1ChainId: number;
  readonly l2ChainId: number;
  readonly artifacts?: ArtifactUrls | undefined;
}

interface Connected {
  readonly rollup: Reader;
  readonly chain: ReplayedChain;
}

/** Questions about accounts that L1 is asked at the same time. */
const PARALLEL = 8;
const KINDS = { [Kind.KEY]: 'KEY', [Kind.CHANNEL]: 'CHANNEL', [Kind.ATTEST]: 'ATTEST' } as const;

/** All of recovery but the thread it runs on. Calls take turns: they share one ledger. */
export class RecoveryCore {
  readonly #options: CoreOptions;
  readonly #l1: PublicClient;
  #connected: Connected | undefined;
  #artifacts: Artifacts | undefined;
  /** By account, all under `#provenRoot`. */
  readonly #proofs = new Map<AccountIndex, ProvenLeaf>();
  #provenRoot = 0n;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CoreOptions, deps: { readonly l1: PublicClient }) {
    this.#options = options;
    this.#l1 = deps.l1;
  }

  /** See `Recovery.ledger`. */
  ledger(owner: Address, options: LedgerOptions = {}): Promise<RecoveredLedger> {
    return this.#inTurn(options.signal, async () => {
      const { state, rollup, chain } = await this.#current(options);
      const { tree, batch } = chain.ledger;
      const accounts = await inParallel(controlledAccounts(tree, owner), PARALLEL, async (index) => {
        throwIfAborted(options.signal);
        // Nobody leaves before the freeze, and what holds nothing need not.
        const account = existing(tree, index);
        const isEscaped = state.isFrozen && account.balance > 0n && (await rollup.isEscaped(index));
        return owned(index, account, isEscaped);
      });
      return { batch, isFrozen: state.isFrozen, accounts, exits: [...chain.exitsTo(owner)] };
    });
  }

  /** See `Recovery.prove`. */
  prove(index: number, options: ProveOptions = {}): Promise<EscapeProof> {
    return this.#inTurn(options.signal, async () => {
      const { artifacts: urls } = this.#options;
      if (urls === undefined) throw new RecoveryError('NO_ARTIFACTS');
      const { signal } = options;
      const { state, rollup, chain } = await this.#current({ ...(signal !== undefined && { signal }) });
      const { tree } = chain.ledger;
      const account = parsedIndex(index);
      const controller = controllerOf(account, existing(tree, account));
      const wanted = controller === account ? [account] : [account, controller];
      for (const each of wanted) existing(tree, each);
      if (state.isFrozen && (await rollup.isEscaped(account))) throw new RecoveryError('AlreadyEscaped', { index });
      const leaves = await this.#prove(wanted, tree, { ...options, urls });
      const [leaf, controllers] = leaves;
      if (leaf === undefined) throw new RecoveryError('INTERNAL');
      const proof = { leaf, ...(controllers !== undefined && { controller: controllers }) };
      await requireAccepted(proof, { rollup, l1: this.#l1, state });
      throwIfAborted(signal);
      return proof;
    });
  }

  async #prove(
    wanted: readonly AccountIndex[],
    tree: AccountTree,
    { urls, signal, onProgress }: ProveOptions & { urls: ArtifactUrls },
  ): Promise<ProvenLeaf[]> {
    const report = (progress: ProveProgress): void => onProgress?.(progress);
    this.#artifacts ??= await downloadArtifacts(urls, {
      signal,
      onProgress: (progress) => report({ stage: 'download', ...progress }),
    });
    if (this.#provenRoot !== tree.root) this.#proofs.clear();
    this.#provenRoot = tree.root;
    const leaves: ProvenLeaf[] = [];
    for (const [done, index] of wanted.entries()) {
      throwIfAborted(signal);
      const onStage = (stage: ProveProgress['stage']) => report({ stage, done, of: wanted.length });
      const path = { ...tree.proof(index), account: existing(tree, index) };
      const leaf = this.#proofs.get(index) ?? (await this.#proveOne(path, this.#artifacts, onStage));
      this.#proofs.set(index, leaf);
      leaves.push(leaf);
    }
    return leaves;
  }

  async #proveOne(...[path, artifacts, onStage]: Parameters<typeof proveAccount>): Promise<ProvenLeaf> {
    try {
      return await proveAccount(path, artifacts, onStage);
    } catch (error) {
      this.#artifacts = undefined; // another try downloads them again
      throw error;
    }
  }

  /** The ledger as of the last proven batch at L1's newest block. */
  async #current(options: LedgerOptions): Promise<Connected & { state: RollupState }> {
    const { rollup, chain } = await this.#connect();
    const toBlock = await this.#l1.getBlockNumber({ cacheTime: 0 });
    const state = await rollup.state({ blockNumber: toBlock });
    await chain.catchUp(state.proven, toBlock, options);
    throwIfAborted(options.signal);
    return { rollup, chain, state };
  }

  async #connect(): Promise<Connected> {
    if (this.#connected !== undefined) return this.#connected;
    const { rollup: address, deployedAt: first, l1ChainId, l2ChainId } = this.#options;
    const found = await this.#l1.getChainId();
    if (found !== l1ChainId) throw new RecoveryError('WRONG_L1', { expected: l1ChainId, found });
    const deployedAt = BigInt(first);
    const rollup = await Reader.connect({ address, deployedAt }, this.#l1);
    const { domain, genesisRoot, l2ChainId: ofRollup } = await rollup.parameters();
    if (ofRollup !== BigInt(l2ChainId))
      throw new RecoveryError('NOT_A_ROLLUP', { expected: l2ChainId, found: ofRollup });
    const commits = new CommitLogs(address, this.#l1);
    const chain = new ReplayedChain({ domain, genesisRoot, deployedAt }, { l1: this.#l1, rollup, commits });
    this.#connected = { rollup, chain };
    return this.#connected;
  }

  /** Whoever gave up while waiting does not run at all. */
  #inTurn<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(async () => {
      throwIfAborted(signal);
      try {
        return await work();
      } catch (error) {
        throw l1Error(error);
      }
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

/** @throws RecoveryError UNKNOWN_ACCOUNT if no account can have it */
function parsedIndex(index: number): AccountIndex {
  try {
    return accountIndex(index);
  } catch (cause) {
    throw new RecoveryError('UNKNOWN_ACCOUNT', { index }, { cause });
  }
}

/** @throws RecoveryError UNKNOWN_ACCOUNT */
function existing(tree: AccountTree, index: AccountIndex): Account {
  const account = tree.get(index);
  if (account === undefined) throw new RecoveryError('UNKNOWN_ACCOUNT', { index });
  return account;
}

function owned(index: AccountIndex, { kind, token, balance, a, b, nonce }: Account, isEscaped: boolean): OwnedAccount {
  const common = { index, kind: KINDS[kind], token, balance, isEscaped };
  return kind === Kind.KEY ? { ...common, key: [a, b], nonce } : common;
}
