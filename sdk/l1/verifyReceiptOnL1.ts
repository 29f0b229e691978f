import type { PublicClient } from 'viem';
import { unpackChannel } from '../../protocol/account.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import { type SettledClaim, settledClaims } from '../../protocol/receipts/settledClaims.ts';
import { type ReceiptStatement, verifyReceipt } from '../../protocol/receipts/verifyReceipt.ts';
import { type Account, Kind } from '../../protocol/types.ts';
import { domainOf } from '../chain.ts';
import { SdkError } from '../errors.ts';
import type { VerifyReceiptParameters } from '../receipts/verifyReceipt.ts';
import { type AnyClient, request } from '../request.ts';
import { l1Reader } from './l1Reader.ts';
import { provenAccount } from './provenAccount.ts';

/** Newest claims of the channel among which the receipt's is looked for. */
const MAX_CLAIMS = 1_000;

/** What a receipt proves; nothing of it is the node's word. */
export interface ProvenReceipt extends ReceiptStatement {
  /** Proven batch that holds the claim. */
  readonly batch: number;
  /** Commitment to the model's SHA-256 (`artefactCommitment`); absent for a channel without a model. */
  readonly artefact?: bigint;
}

/**
 * Checks a receipt against L1 alone: the claim is in data that L1 took for a proven batch, and the channel, the provider's key and the
 * model's commitment are under a proven root. The node is asked where to look and for Merkle paths; wrong answers are noticed.
 * @throws ReceiptError with the statement that fails; SdkError BAD_ANSWER, NOT_FOUND (no proven claim of this root); BridgeError
 */
export async function verifyReceiptOnL1(
  client: AnyClient,
  l1: PublicClient,
  { receipt, proof, claim }: VerifyReceiptParameters,
): Promise<ProvenReceipt> {
  const domain = domainOf(client.chain);
  const reader = await l1Reader(client.chain, l1);
  const claims = await request(client, 'engram_getClaims', [receipt.channel, { limit: MAX_CLAIMS }]);
  const live = async (index: number, kind: Kind): Promise<Account> => {
    const { account } = await provenAccount(client, reader, index);
    if (account?.kind === kind) return account;
    throw new SdkError('BAD_ANSWER', `account ${index} is not what it must be under the proven root`, { index });
  };
  const terms = unpackChannel((await live(receipt.channel, Kind.CHANNEL)).c);
  const provider = await live(terms.provider, Kind.KEY);
  const { proven } = await reader.state();

  let failed: ReceiptError | undefined;
  // each batch costs L1 a question: a node that answers with more than was asked for does not add to them
  const candidates = claims
    .slice(0, MAX_CLAIMS)
    .filter(({ transaction }) => claim === undefined || transaction === claim);
  for (const batch of new Set(candidates.map((candidate) => candidate.batch))) {
    if (batch > proven.batch) continue;
    for (const settled of await claimsOnL1(reader, batch)) {
      if (settled.channel !== receipt.channel) continue;
      const providerKey = [provider.a, provider.b] as const;
      const verdict = verifyReceipt({ receipt, proof, claim: settled, terms, providerKey }, domain);
      if (verdict.isValid) {
        const model = terms.model === 0 ? undefined : await live(terms.model, Kind.ATTEST);
        return { ...verdict.statement, batch, ...(model !== undefined && { artefact: model.a }) };
      }
      // a ReceiptError's code, or a ProtocolError's for a receipt that cannot be packed: the same to whoever asks
      failed ??= new ReceiptError(verdict.code as ReceiptError['code'], verdict.data);
    }
  }
  throw failed ?? new SdkError('NOT_FOUND', 'no proven claim of this channel', { channel: receipt.channel });
}

async function claimsOnL1(
  reader: Awaited<ReturnType<typeof l1Reader>>,
  batch: number,
): Promise<readonly SettledClaim[]> {
  const { number, shape, header, oldRoot, body, stored } = await reader.readBatch(batch);
  const { domain } = await reader.parameters();
  return settledClaims({ header: { ...header, number, domain, oldRoot, shape }, body, stored }).claims;
}
