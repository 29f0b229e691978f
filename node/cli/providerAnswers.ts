/** `engram provider --answer-contracts`: the same model for questions of the EVM lane, paid by Oracle. */

import { AnswerError } from '../../agents/answers/answerError.ts';
import { Answerer } from '../../agents/answers/answerer.ts';
import type { AnswererOptions } from '../../agents/answers/answererOptions.ts';
import { oraclePort } from '../../agents/answers/oraclePort.ts';
import type { ModelRunner } from '../../agents/execution/modelRunner.ts';
import { systemClock } from '../../chain/clock.ts';
import type { Db } from '../../chain/db.ts';
import type { Logger } from '../../chain/logger.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { domainOf } from '../../sdk/chain.ts';
import type { NodeOptions } from './context.ts';
import { type EthereumKeyOptions, ethereumAccount, laneChain, laneWallet } from './laneClients.ts';
import { CliError, Exit } from './output.ts';

export interface AnswerContractsOptions extends NodeOptions, EthereumKeyOptions {
  readonly answerContracts?: boolean;
  /** KEY accounts that a quorum may be made of. */
  readonly answerPeers?: readonly number[];
}

interface Parts {
  readonly identity: Pick<AnswererOptions, 'provider' | 'model'>;
  readonly account: LedgerAccount;
  readonly runner: ModelRunner;
  readonly store: Db;
  readonly log: Logger;
}

/** Undefined unless it was asked for. @throws CliError NO_KEY, KEY_FILE, NO_EVM_LANE, and the codes of AnswerError */
export async function answerContracts(
  options: AnswerContractsOptions,
  { identity, account, runner, store, log }: Parts,
): Promise<Answerer | undefined> {
  if (options.answerContracts !== true) return undefined;
  const { provider, model } = identity;
  const { answerPeers: peers } = options;
  const wallet = laneWallet(await laneChain(options), ethereumAccount(options));
  try {
    return await Answerer.start(
      { provider, model, ...(peers !== undefined && { peers: new Set(peers) }) },
      {
        oracle: oraclePort(wallet),
        account,
        runner,
        db: store,
        clock: systemClock,
        log,
        domain: domainOf(wallet.chain),
      },
    );
  } catch (error) {
    if (!(error instanceof AnswerError)) throw error;
    throw new CliError(Exit.REFUSED, error.code, error.message, { cause: error });
  }
}
