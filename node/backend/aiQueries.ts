import type { ChainStore } from '../../chain/store.ts';
import type { BatchStatus, ClaimRecord } from '../../chain/types.ts';
import { unpackAttestation, unpackChannel } from '../../protocol/account.ts';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { prefixedHex } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { receiptHash } from '../../protocol/receipts/receipt.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import { receiptProofRoot } from '../../protocol/receipts/receiptTree.ts';
import { verifyReceipt } from '../../protocol/receipts/verifyReceipt.ts';
import { type Account, type AccountIndex, type Field, Kind } from '../../protocol/types.ts';
import type { AttestationView, ChannelView, ClaimView, LineageView, ReceiptVerdict } from '../../sdk/rpcTypes.ts';
import type { AiBackend, ParsedReceiptQuestion } from '../rpc/backend.ts';
import type { AiIndex } from './aiIndex.ts';
import { attestationView, channelView, claimView } from './aiViews.ts';

/** Most attestations of one file, and of a lineage each way, that are listed. */
const MAX_ATTESTATIONS = 100;
const MAX_LINEAGE = 1000;
/** Claims among which a receipt's is looked for; of an older one the transaction must be named. */
const MAX_SEARCHED = 100;

export interface AiQueriesDependencies {
  readonly store: Pick<ChainStore, 'origin' | 'claims' | 'summary' | 'tx' | 'domain'>;
  readonly index: AiIndex;
  /** As of the newest block. */
  readonly account: (index: AccountIndex) => Account | undefined;
  /** Seconds: what the next batch's timestamp would be. */
  readonly now: () => number;
}

/** Answers about channels, attestations, claims and receipts, as of the newest block. */
export class AiQueries implements AiBackend {
  readonly #deps: AiQueriesDependencies;

  constructor(deps: AiQueriesDependencies) {
    this.#deps = deps;
  }

  async channel(index: AccountIndex): Promise<ChannelView | undefined> {
    const account = this.#ofKind(index, Kind.CHANNEL);
    return account === undefined ? undefined : this.#channel(index, account);
  }

  async channels(role: 'provider' | 'payer' | 'model', of: AccountIndex, limit: number): Promise<ChannelView[]> {
    const found: ChannelView[] = [];
    for (const index of this.#deps.index.channels(role, of).slice(-limit).reverse()) {
      const view = await this.channel(index);
      if (view !== undefined) found.push(view);
    }
    return found;
  }

  async attestation(index: AccountIndex): Promise<AttestationView | undefined> {
    const account = this.#ofKind(index, Kind.ATTEST);
    return account === undefined ? undefined : attestationView(index, account, await this.#origin(index));
  }

  async attestationsOf(sha256: Uint8Array): Promise<AttestationView[]> {
    const found = this.#deps.index.attestations(artefactCommitment(sha256)).slice(0, MAX_ATTESTATIONS);
    return this.#attestations(found);
  }

  async lineage(index: AccountIndex): Promise<LineageView | undefined> {
    const attestation = await this.attestation(index);
    if (attestation === undefined) return undefined;
    const ancestors: AccountIndex[] = [];
    let parent = attestation.parent as AccountIndex; // of a live account's terms
    // A parent was there before its child: the walk ends.
    while (parent !== 0 && ancestors.length < MAX_LINEAGE) {
      ancestors.push(parent);
      parent = this.#parent(parent);
    }
    const descendants: AccountIndex[] = [...this.#deps.index.children(index).slice(0, MAX_LINEAGE + 1)];
    // The list grows while it is walked: breadth first, so parents come before their children.
    for (let i = 0; i < descendants.length && descendants.length <= MAX_LINEAGE; i += 1) {
      const room = MAX_LINEAGE + 1 - descendants.length;
      descendants.push(...this.#deps.index.children(descendants[i] as AccountIndex).slice(0, room)); // i is in range
    }
    return {
      attestation,
      ancestors: await this.#attestations(ancestors),
      descendants: await this.#attestations(descendants.slice(0, MAX_LINEAGE)),
      isTruncated: parent !== 0 || descendants.length > MAX_LINEAGE,
    };
  }

  async claims(channel: AccountIndex, limit: number): Promise<ClaimView[]> {
    if (this.#ofKind(channel, Kind.CHANNEL) === undefined) {
      throw new ProtocolError('UNKNOWN_ACCOUNT', { index: channel });
    }
    const views = this.#claimViews(channel);
    const found: ClaimView[] = [];
    for await (const claim of this.#deps.store.claims(channel, { limit })) found.push(await views(claim));
    return found;
  }

  /** @throws ProtocolError UNKNOWN_ACCOUNT, WRONG_KIND; ReceiptError with the code of the statement that fails */
  async verifyReceipt({ receipt, proof, claim: named }: ParsedReceiptQuestion): Promise<ReceiptVerdict> {
    const { store, account } = this.#deps;
    const { channel: index } = receipt;
    const channel = this.#ofKind(index, Kind.CHANNEL);
    if (channel === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index });
    const terms = unpackChannel(channel.c);
    const provider = account(terms.provider);
    // Terms may name anything as provider; only a KEY account can ever have claimed.
    if (provider?.kind !== Kind.KEY) throw new ReceiptError('CLAIM_PROVIDER', { provider: terms.provider });
    const model = terms.model === 0 ? undefined : account(terms.model);
    const judge = (claim: ClaimRecord) =>
      verifyReceipt(
        {
          receipt,
          proof,
          terms,
          providerKey: [provider.a, provider.b],
          claim: { channel: index, provider: terms.provider, total: claim.total, receiptsRoot: claim.receiptsRoot },
        },
        store.domain,
      );
    // One claim at most costs the check of a signature, however many there are to search.
    const root = receiptProofRoot(receiptHash(receipt), proof);
    let newest: ClaimRecord | undefined;
    for await (const claim of this.#claimsToTry(index, named)) {
      newest ??= claim;
      if (claim.receiptsRoot !== root) continue;
      const verdict = judge(claim);
      if (!verdict.isValid) throw refusal(verdict.code, verdict.data);
      const view = await this.#claimViews(index)(claim);
      const { sequence, inputHash, outputHash, price, time } = verdict.statement;
      return {
        channel: index,
        sequence,
        model: terms.model,
        ...(model !== undefined && { artefact: model.a }),
        provider: terms.provider,
        payer: terms.payer,
        inputHash: prefixedHex(inputHash),
        outputHash: prefixedHex(outputHash),
        price,
        time,
        claim: view,
        isSettled: view.state === 'proven',
      };
    }
    const verdict = newest && judge(newest); // what is wrong besides
    if (verdict?.isValid === false && verdict.code !== 'RECEIPT_NOT_INCLUDED')
      throw refusal(verdict.code, verdict.data);
    throw new ReceiptError('RECEIPT_NOT_INCLUDED', { channel: index, claims: channel.nonce });
  }

  async *#claimsToTry(channel: AccountIndex, named: Field | undefined): AsyncGenerator<ClaimRecord> {
    const { store } = this.#deps;
    const at = named === undefined ? undefined : await store.tx(named);
    if (named !== undefined && at === undefined) return;
    yield* store.claims(channel, at === undefined ? { limit: MAX_SEARCHED } : { at });
  }

  /** Views of claims; each batch's status is read once. */
  #claimViews(channel: AccountIndex): (claim: ClaimRecord) => Promise<ClaimView> {
    const statuses = new Map<number, BatchStatus | undefined>();
    return async (claim) => {
      if (!statuses.has(claim.batch)) statuses.set(claim.batch, (await this.#deps.store.summary(claim.batch))?.status);
      return claimView(channel, claim, statuses.get(claim.batch));
    };
  }

  async #channel(index: AccountIndex, account: Account): Promise<ChannelView> {
    const { model } = unpackChannel(account.c);
    const attested = model === 0 ? undefined : this.#deps.account(model);
    const royaltyBps = attested === undefined ? 0 : unpackAttestation(attested.c).royaltyBps;
    return channelView(index, account, { created: await this.#origin(index), royaltyBps, now: this.#deps.now() });
  }

  #attestations(indices: readonly AccountIndex[]): Promise<AttestationView[]> {
    return Promise.all(
      indices.map(async (index) => {
        const account = this.#deps.account(index);
        if (account === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index });
        return attestationView(index, account, await this.#origin(index));
      }),
    );
  }

  #parent(index: AccountIndex): AccountIndex {
    const account = this.#deps.account(index);
    return account === undefined ? (0 as AccountIndex) : unpackAttestation(account.c).parent; // 0: none
  }

  async #origin(index: AccountIndex) {
    const origin = await this.#deps.store.origin(index);
    // written with the block that created the account
    if (origin === undefined) throw new ProtocolError('INVALID_ARGUMENT', { noOrigin: index });
    return origin;
  }

  /** @throws ProtocolError WRONG_KIND: there is an account, but of another kind */
  #ofKind(index: AccountIndex, kind: Kind): Account | undefined {
    const account = this.#deps.account(index);
    if (account !== undefined && account.kind !== kind) {
      throw new ProtocolError('WRONG_KIND', { index, kind: account.kind, expected: kind });
    }
    return account;
  }
}

function refusal(
  code: Extract<Awaited<ReturnType<typeof verifyReceipt>>, { isValid: false }>['code'],
  data: ProtocolError['data'],
): Error {
  return new ReceiptError(code as ReceiptError['code'], data); // unpackable receipts were refused when they were parsed
}
