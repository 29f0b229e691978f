import { artefactCommitment } from '../../protocol/attestation.ts';
import { Kind } from '../../protocol/types.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { AnswerError } from './answerError.ts';
import type { OraclePort } from './oraclePort.ts';

/** Whoever runs another file, or signs with another key, would work for nothing. @throws AnswerError NO_KEY_ACCOUNT, NOT_A_MODEL, MODEL_MISMATCH */
export async function checkAccounts(
  { provider, model }: { readonly provider: number; readonly model: number },
  {
    oracle,
    account,
    runner,
  }: {
    readonly oracle: OraclePort;
    readonly account: LedgerAccount;
    readonly runner: { readonly sha256: Uint8Array };
  },
): Promise<void> {
  const [own, attested] = [await oracle.account(provider), await oracle.account(model)];
  if (own.kind !== Kind.KEY || own.a !== account.key[0] || own.b !== account.key[1]) {
    throw new AnswerError('NO_KEY_ACCOUNT', 'the account is not of this key', { provider });
  }
  if (attested.kind !== Kind.ATTEST) throw new AnswerError('NOT_A_MODEL', 'nobody attested it', { model });
  if (attested.a !== artefactCommitment(runner.sha256)) {
    throw new AnswerError('MODEL_MISMATCH', 'the attestation is of another file', { model });
  }
}
