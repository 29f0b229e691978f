import { artefactCommitment } from '../../protocol/attestation.ts';
import { bytesToHex } from '../../protocol/bytes.ts';
import type { Field } from '../../protocol/types.ts';
import { domainOf } from '../../sdk/chain.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import type { Audit } from '../execution/executionDocument.ts';
import { ConsumerError } from './consumerError.ts';
import type { ProviderInfo } from './providerInfo.ts';
import type { Offer } from './scores.ts';

/** Somebody who says to serve the model: from an announcement that was verified, or an address that the user gave. */
export interface Offering extends Offer {
  readonly endpoint: string;
  /** Word of the public execution document, if it was announced. */
  readonly execution?: Field;
}

/** What is asked for: a model by its account, by the SHA-256 of its file, or both. */
export interface WantedModel {
  readonly model?: number;
  readonly sha256?: Uint8Array;
}

export interface Wanted extends WantedModel {
  readonly input: Uint8Array;
  readonly audit: Audit;
  readonly maxPrice: bigint;
  readonly token: number;
}

const isSame = (a: Uint8Array, b: Uint8Array) => bytesToHex(a) === bytesToHex(b);

/**
 * Holds what a provider says against what was asked for, what was announced, and the ledger.
 * @throws ConsumerError WRONG_PROVIDER, MODEL_CHANGED, PRICE_TOO_HIGH, INPUT_TOO_LARGE; SdkError NOT_FOUND
 */
export async function checkInfo(
  info: ProviderInfo,
  { offering, wanted, client }: { offering: Partial<Offering>; wanted: Wanted; client: LedgerClient },
): Promise<void> {
  const wrong = (what: string) => new ConsumerError('WRONG_PROVIDER', `the provider is of another ${what}`, { what });
  if (info.domain !== domainOf(client.chain)) throw wrong('deployment');
  if (offering.provider !== undefined && info.provider !== offering.provider) throw wrong('account');
  if (info.token !== wanted.token) throw wrong('token');
  checkModel(info, offering, wanted);
  const attestation = await client.getAttestation(info.model.index);
  if (attestation.artefact !== artefactCommitment(info.model.sha256)) {
    throw new ConsumerError('MODEL_CHANGED', 'the ledger attests another file', { model: info.model.index });
  }
  if (info.price > wanted.maxPrice) {
    const details = { price: info.price, maxPrice: wanted.maxPrice };
    throw new ConsumerError('PRICE_TOO_HIGH', `an answer costs ${info.price}, over ${wanted.maxPrice}`, details);
  }
  const { inputBytes } = info.limits;
  if (wanted.input.length > inputBytes) {
    const details = { bytes: wanted.input.length, maxBytes: inputBytes };
    throw new ConsumerError('INPUT_TOO_LARGE', 'the provider takes no input of this size', details);
  }
}

function checkModel(info: ProviderInfo, { execution }: Partial<Offering>, { model, sha256 }: WantedModel): void {
  const changed = (what: string) => new ConsumerError('MODEL_CHANGED', `the provider serves another ${what}`, { what });
  if (model !== undefined && info.model.index !== model) throw changed('model');
  if (sha256 !== undefined && !isSame(info.model.sha256, sha256)) throw changed('file');
  if (execution !== undefined && info.execution.public.word !== execution) throw changed('execution');
}
