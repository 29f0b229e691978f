import { artefactCommitment, provenanceCommitment } from '../../protocol/attestation.ts';
import { accountIndex, NO_ACCOUNT } from '../../protocol/ids.ts';
import type { Subtype } from '../../protocol/types.ts';
import * as build from '../ops.ts';
import type { AnyClient } from '../request.ts';
import type { WriteAndWaitOptions } from './send.ts';
import { type Created, sendCreating } from './sendCreating.ts';
import { resolveSigner } from './signer.ts';

export interface AttestParameters extends WriteAndWaitOptions {
  /** SHA-256 of the file, 32 bytes (`sha256File`, `sha256Stream`). */
  readonly sha256: Uint8Array;
  readonly subtype: Subtype;
  /** SHA-256 of a document about where it comes from. */
  readonly provenanceSha256?: Uint8Array;
  /** The attestation it was made from: a live ATTEST account of any token. */
  readonly parent?: number;
  /** Its share of each claim that names it, in 1/10000. Default 0. */
  readonly royaltyBps?: number;
  /** First balance of the new account, base units. Default 0. */
  readonly amount?: bigint;
}

/**
 * Attests a file: the ledger shows from when on this owner stands for these bytes, and pays the account its royalties, in the token of
 * the payer's account. Resolves once the account exists.
 * @throws as `sendCreating`: UNKNOWN_PARENT, BAD_ROYALTY, INSUFFICIENT_BALANCE …
 */
export async function attest(client: AnyClient, parameters: AttestParameters): Promise<Created> {
  const { sha256, subtype, provenanceSha256, parent, royaltyBps = 0, amount = 0n, ...options } = parameters;
  const signer = await resolveSigner(client, options);
  const { from } = signer;
  const what = {
    from,
    artefact: artefactCommitment(sha256),
    ...(provenanceSha256 !== undefined && { provenance: provenanceCommitment(provenanceSha256) }),
    parent: parent === undefined ? NO_ACCOUNT : accountIndex(parent),
    ...{ royaltyBps, subtype, amount },
  };
  return sendCreating(client, { signer, ops: (fee) => [build.attest({ ...what, fee })] }, options);
}
