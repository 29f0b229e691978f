import type { Hex, Log, PublicClient } from 'viem';
import { ProtocolError } from '../../../../protocol/errors.ts';
import type { Field } from '../../../../protocol/types.ts';
import { ProvenLedger } from '../../../../sdk/recovery/provenLedger.ts';
import type { RollupReader } from '../../../client/interface.ts';
import type { ChainHead, PostedBatch } from '../../../client/types.ts';
import { addressOf } from '../../../client/units.ts';
import type { CommitLogs } from './commitLogs.ts';
import { RecoveryError, throwIfAborted } from './errors.ts';
import { chainOfCommits, postedBatches } from './postedBatches.ts';
import type { BatchProgress, ExitFromL1 } from './types.ts';

interface Dependencies {
  readonly l1: PublicClient;
  readonly rollup: RollupReader;
  readonly commits: CommitLogs;
}

interface Options {
  readonly domain: Field;
  readonly genesisRoot: Field;
  readonly deployedAt: bigint;
}

interface CatchUp {
  readonly signal?: AbortSignal | undefined;
  onProgress?(progress: BatchProgress): void;
}

/** The ledger replayed so far, and what left it. Not to be caught up twice at the same time. */
export class ReplayedChain {
  readonly #options: Options;
  readonly #deps: Dependencies;
  #ledger: ProvenLedger;
  /** L1 block of the last commit taken in: no later batch was committed earlier. */
  #readTo: bigint;
  #exits = new Map<string, ExitFromL1[]>();

  constructor(options: Options, deps: Dependencies) {
    this.#options = options;
    this.#deps = deps;
    this.#ledger = new ProvenLedger(options);
    this.#readTo = options.deployedAt;
  }

  get ledger(): ProvenLedger {
    return this.#ledger;
  }

  /** Oldest first. */
  exitsTo(recipient: Hex): readonly ExitFromL1[] {
    return this.#exits.get(recipient.toLowerCase()) ?? [];
  }

  /**
   * Takes in what is proven at an L1 block and not here yet. If L1 went another way since the last time, it begins anew.
   * @throws RecoveryError
   */
  async catchUp(proven: ChainHead, toBlock: bigint, options: CatchUp): Promise<void> {
    if (this.#ledger.batch === 0) return this.#catchUp(proven, toBlock, options);
    try {
      await this.#catchUp(proven, toBlock, options);
    } catch (error) {
      const isElsewhere = error instanceof RecoveryError && /^L1_(CONTRADICTS|HISTORY_MISSING)$/.test(error.code);
      if (!isElsewhere) throw error;
      this.#forget();
      await this.#catchUp(proven, toBlock, options);
    }
  }

  async #catchUp(proven: ChainHead, toBlock: bigint, { signal, onProgress }: CatchUp): Promise<void> {
    const ledger = this.#ledger;
    const { batch: after } = ledger;
    if (proven.batch < after) throw new RecoveryError('L1_CONTRADICTS', { batch: proven.batch });
    if (proven.batch > after) {
      const { root } = ledger.tree;
      if (after === 0 && root !== this.#options.genesisRoot) throw new RecoveryError('L1_CONTRADICTS', { batch: 0 });
      const logs: Log[] = await this.#deps.commits.between(this.#readTo, toBlock, signal);
      const wanted = chainOfCommits(logs, { after, root, last: proven.batch });
      const report = reporter({ from: after, of: proven.batch }, onProgress);
      for await (const posted of postedBatches(wanted, { l1: this.#deps.l1, signal })) {
        throwIfAborted(signal);
        this.#take(posted);
        report(posted.number);
      }
    }
    if (ledger.tree.root !== proven.root || ledger.queue !== proven.queue) {
      throw new RecoveryError('L1_CONTRADICTS', { batch: proven.batch });
    }
  }

  #take(posted: PostedBatch): void {
    const { number: batch, header, l1 } = posted;
    try {
      for (const { from: account, recipient: to, ...exit } of this.#ledger.apply(posted).taken) {
        const recipient = addressOf(to);
        const { timestamp } = header;
        const known = this.#exits.get(recipient) ?? [];
        known.push({ ...exit, account, recipient, batch, timestamp, commitTx: l1.transactionHash });
        this.#exits.set(recipient, known);
      }
      this.#readTo = l1.blockNumber;
    } catch (cause) {
      const reason = cause instanceof ProtocolError ? cause.code : 'INTERNAL';
      throw new RecoveryError('L1_CONTRADICTS', { batch, reason }, { cause });
    }
  }

  #forget(): void {
    this.#ledger = new ProvenLedger(this.#options);
    this.#readTo = this.#options.deployedAt;
    this.#exits = new Map();
  }
}

/** At most about a hundred reports, however many batches. */
function reporter({ from, of }: { from: number; of: number }, onProgress: CatchUp['onProgress']) {
  const step = Math.max(1, Math.floor((of - from) / 100));
  onProgress?.({ batch: from, of });
  return (batch: number): void => {
    if (batch === of || (batch - from) % step === 0) onProgress?.({ batch, of });
  };
}
