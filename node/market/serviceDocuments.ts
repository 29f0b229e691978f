import { createHash } from 'node:crypto';
import { type Db, prefixRange, put } from '../../chain/db.ts';
import { unpackAttestation } from '../../protocol/account.ts';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { prefixedHex } from '../../protocol/bytes.ts';
import { EpochError } from '../../protocol/epochs/epochError.ts';
import { parseServiceDocument, type ServiceDocument } from '../../protocol/epochs/serviceDocument.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { type Account, type AccountIndex, Kind, Subtype } from '../../protocol/types.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { marketError } from './errors.ts';

/** Nothing else in the node's database begins so. */
const PREFIX = 'service-document/';

export interface ServiceDocumentsDeps {
  readonly db: Db;
  /** As of the newest block. */
  readonly account: (index: AccountIndex) => Account | undefined;
}

/** A document that its service commits to. */
export interface KnownDocument {
  readonly document: ServiceDocument;
  readonly sha256: Hex;
}

/**
 * Documents that people gave this node, on disk and in memory: at most one a service, of at most 4 KiB, and only the one that the service's
 * account commits to. So room is as dear as accounts are, and nobody else's text can take a document's place.
 */
export class ServiceDocuments {
  readonly #deps: ServiceDocumentsDeps;
  readonly #known = new Map<AccountIndex, KnownDocument & { readonly artefact: bigint }>();

  private constructor(deps: ServiceDocumentsDeps) {
    this.#deps = deps;
  }

  /** What does not parse by the rules of today is left out: somebody gives it again. */
  static async open(deps: ServiceDocumentsDeps): Promise<ServiceDocuments> {
    const documents = new ServiceDocuments(deps);
    for await (const [key, text] of deps.db.range(prefixRange(PREFIX))) {
      const index = accountIndex(Number.parseInt(key.slice(PREFIX.length), 16));
      const parsed = parse(text);
      if (parsed !== undefined) documents.#known.set(index, parsed);
    }
    return documents;
  }

  /** Undefined: nobody gave it; or the account is another one's since blocks were taken back. */
  get(service: AccountIndex): KnownDocument | undefined {
    const known = this.#known.get(service);
    return known !== undefined && known.artefact === this.#artefactOf(service) ? known : undefined;
  }

  isService(service: AccountIndex): boolean {
    return this.#artefactOf(service) !== undefined;
  }

  /** Services with a document, in the order in which they came. */
  services(): readonly AccountIndex[] {
    return [...this.#known.keys()].filter((service) => this.get(service) !== undefined);
  }

  /**
   * Keeps a service's document; resolves when it is on disk. Giving it again changes nothing.
   * @throws RpcError UNKNOWN_SERVICE, WRONG_DOCUMENT
   */
  async publish(service: AccountIndex, text: string): Promise<void> {
    const artefact = this.#artefactOf(service);
    if (artefact === undefined) throw marketError('UNKNOWN_SERVICE', { service });
    const parsed = parse(text);
    if (parsed?.artefact !== artefact) throw marketError('WRONG_DOCUMENT', { service });
    if (this.get(service) !== undefined) return;
    await this.#deps.db.write([put(`${PREFIX}${service.toString(16).padStart(6, '0')}`, text)]);
    this.#known.set(service, parsed);
  }

  /** What a service's account commits to; undefined: it is none. */
  #artefactOf(service: AccountIndex): bigint | undefined {
    const account = this.#deps.account(service);
    if (account?.kind !== Kind.ATTEST || unpackAttestation(account.c).subtype !== Subtype.SERVICE) return undefined;
    return account.a;
  }
}

function parse(text: string): (KnownDocument & { readonly artefact: bigint }) | undefined {
  try {
    const document = parseServiceDocument(text);
    const digest = new Uint8Array(createHash('sha256').update(text).digest());
    return { document, sha256: prefixedHex(digest), artefact: artefactCommitment(digest) };
  } catch (error) {
    if (error instanceof EpochError) return undefined;
    throw error;
  }
}
