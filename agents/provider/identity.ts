import { artefactCommitment } from '../../protocol/attestation.ts';
import { bytesToHex } from '../../protocol/bytes.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { type AccountIndex, Subtype } from '../../protocol/types.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import { ProviderError } from './providerError.ts';

/** Who serves what, as the ledger has it. */
export interface Identity {
  readonly provider: AccountIndex;
  readonly model: AccountIndex;
  readonly token: number;
}

/**
 * Checks, before anything is served, that the file is the attested one and that the key can be paid in the model's token.
 * @throws ProviderError MODEL_MISMATCH, NOT_A_MODEL, NO_KEY_ACCOUNT; SdkError NOT_FOUND; NodeUnavailableError
 */
export async function identify(
  { model, provider: named, sha256 }: { model: number; provider?: number | undefined; sha256: Uint8Array },
  { client, account }: { readonly client: LedgerClient; readonly account: LedgerAccount },
): Promise<Identity> {
  const attestation = await client.getAttestation(model);
  if (attestation.subtype !== Subtype.MODEL) {
    throw new ProviderError('NOT_A_MODEL', `attestation ${model} is no model`, { model, subtype: attestation.subtype });
  }
  if (attestation.artefact !== artefactCommitment(sha256)) {
    const data = { model, sha256: bytesToHex(sha256) };
    throw new ProviderError('MODEL_MISMATCH', `the file is not the one that attestation ${model} commits to`, data);
  }
  const { token } = attestation;
  const own = (await client.getAccounts(account)).filter((view) => view.kind === 'KEY' && view.token === token);
  const found = own.find(({ index }) => named === undefined || index === named);
  if (found === undefined) {
    const data = { token, ...(named !== undefined && { provider: named }) };
    throw new ProviderError('NO_KEY_ACCOUNT', `the key has no such account of token ${token}`, data);
  }
  return { provider: found.index, model: accountIndex(model), token };
}
