import type { Clock } from '../../chain/clock.ts';
import type { Db } from '../../chain/db.ts';
import type { Logger } from '../../chain/logger.ts';
import type { Field } from '../../protocol/types.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import type { ModelRunner } from '../execution/modelRunner.ts';
import type { OraclePort } from './oraclePort.ts';

export interface AnswererOptions {
  /** KEY account that is asked. */
  readonly provider: number;
  /** ATTEST account of the model. */
  readonly model: number;
  /** Wei that an answer must bring after the most its gas can cost; may be negative. Default 0. */
  readonly minimumGain?: bigint;
  /** An answer is begun, committed to and shown at least this long before it has to be there. Default 3. */
  readonly marginSeconds?: number;
  /**
   * An answer that was committed to is shown once the newest block, or the newest that is committed on L1, says that it is time: with `safe`,
   * not even who builds blocks can put a commitment before it. Default latest.
   */
  readonly showAfter?: 'latest' | 'safe';
  /** Pause between two looks at the chain. Default 1000. */
  readonly pollMs?: number;
  /**
   * Who else may be asked: a question counts only if this provider and those can be its quorum by themselves, and all others cannot. Without
   * it, an asker whose own accounts are asked too can have others work and gas for nothing, by silence or by agreeing among themselves on
   * anything, and take its fee back. Default: anybody.
   */
  readonly peers?: ReadonlySet<number>;
  /** Questions that may wait for cheaper gas; beyond that, those that do not pay at once are not taken. Default 256. */
  readonly maxWaiting?: number;
  /** Where to begin in a new store; default: the newest block. */
  readonly fromBlock?: bigint;
}

export interface AnswererDeps {
  readonly oracle: OraclePort;
  /** Signs the receipts: the key of `provider`. */
  readonly account: LedgerAccount;
  readonly runner: Pick<ModelRunner, 'sha256' | 'execution' | 'run'>;
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly domain: Field;
}

/** What an answerer did since its start. `gaveUp`: not answered, by reason. */
export interface AnswererStats {
  readonly answered: number;
  readonly gaveUp: Readonly<Partial<Record<GiveUpReason, number>>>;
}

/**
 * LATE: too near the deadline, or the commitment's. UNCOMMITTED: the commitment was not in a block in time. OVER: others answered, or it was refunded. LOST: the block that asked it was given up. BAD_INPUT, RUN_FAILED,
 * OUTPUT_TOO_LARGE: the model gave no answer. REFUSED: Oracle did not take it.
 */
export type GiveUpReason =
  | 'LATE'
  | 'UNCOMMITTED'
  | 'OVER'
  | 'LOST'
  | 'BAD_INPUT'
  | 'RUN_FAILED'
  | 'OUTPUT_TOO_LARGE'
  | 'REFUSED';
