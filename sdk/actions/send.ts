import { prefixedHex, wordHex } from '../../protocol/bytes.ts';
import { encodeTx } from '../../protocol/codec/tx.ts';
import { signTx, txHash } from '../../protocol/tx.ts';
import type { Op, Signature, Tx } from '../../protocol/types.ts';
import { domainOf } from '../chain.ts';
import { chainInfo } from '../chainInfo.ts';
import { MempoolRefusedError, NodeUnavailableError, SdkError } from '../errors.ts';
import { type AnyClient, request } from '../request.ts';
import type { ChainInfo, Hex, Wire } from '../rpcTypes.ts';
import { type Finality, type WaitOptions, waitFor } from '../wait.ts';
import type { Signer, SignerOptions } from './signer.ts';

/** What every action that writes takes. */
export interface WriteOptions extends SignerOptions {
  /** Fee of each op, in base units of the token. Default: the least the node accepts. */
  readonly fee?: bigint | undefined;
  /** The most to pay for an op while `fee` is the node's to say. Default 10^15 base units. */
  readonly maxFee?: bigint | undefined;
  /** Seconds of the ledger's time for which the transaction may be included. Default 3600. */
  readonly validForSeconds?: number | undefined;
  /**
   * Told of the transaction after it is signed and before it is sent: who keeps the bytes can send the very same again, which can have no effect
   * twice. What it throws keeps the transaction from being sent.
   */
  readonly onSigned?: ((signed: { readonly hash: Hex; readonly raw: Hex }) => void) | undefined;
}

/** An action that waits until its transaction is in a block, because its answer is known only then. */
export interface WriteAndWaitOptions extends WriteOptions {
  /** Default `included`. */
  readonly finality?: Finality | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onStatus?: WaitOptions['onStatus'];
}

const DEFAULT_VALIDITY_SECONDS = 3_600;

/** 0.001 of a token of 18 decimals. A fee can be up to 2^64 − 1, and a node that lies about its minimum would earn it. */
const DEFAULT_MAX_FEE = 10n ** 15n;

/**
 * The fee of an op in a token: the caller's, or the least the node accepts, as it says now.
 * @throws SdkError FEE_TOO_HIGH if the node asks for more than `maxFee`
 */
export function feeOf(
  info: Pick<Wire<ChainInfo>, 'fees'>,
  token: number,
  { fee, maxFee = DEFAULT_MAX_FEE }: Pick<WriteOptions, 'fee' | 'maxFee'>,
): bigint {
  if (fee !== undefined) return fee;
  const asked = BigInt(info.fees.find((lane) => lane.token === token)?.minimumFee ?? 0);
  if (asked <= maxFee) return asked;
  const details = { token, asked, maxFee };
  throw new SdkError('FEE_TOO_HIGH', `the node asks ${asked} for an operation, over maxFee ${maxFee}`, details);
}

export interface Draft {
  readonly signer: Signer;
  /** The ops, given the fee of each. */
  readonly ops: (fee: bigint) => readonly Op[];
  /** Vouchers' signatures of the CLAIM ops, in order. */
  readonly vouchers?: readonly Signature[];
}

/**
 * Signs and sends one transaction; returns its hash once the node has it in its mempool. Nonce, validity and fees are filled in.
 * @throws SdkError CHAIN_MISMATCH, FEE_TOO_HIGH; LedgerRefusedError, MempoolRefusedError, NodeUnavailableError; ProtocolError for ops that cannot be packed
 */
export async function send(client: AnyClient, draft: Draft, options: WriteOptions): Promise<Hex> {
  const { signer, vouchers = [] } = draft;
  const { account, index } = signer;
  const domain = domainOf(client.chain);
  const info = await chainInfo(client);
  const ops = draft.ops(feeOf(info, signer.token, options));
  const validUntil = info.time + (options.validForSeconds ?? DEFAULT_VALIDITY_SECONDS);
  const view = async () => {
    const found = await request(client, 'engram_getAccount', [index]);
    if (found === null) throw new SdkError('NOT_FOUND', `there is no account ${index}`, { index });
    return { onChain: found.nonce, isKnown: (hash: Hex) => isKnown(client, hash) };
  };
  return account.nonces.use(`${domain}:${index}`, view, async (nonce) => {
    const tx: Tx = { signer: index, nonce, validUntil, ops };
    const signed = signTx(tx, account.seed, domain, vouchers);
    const sent = { hash: wordHex(txHash(signed, domain)), raw: prefixedHex(encodeTx(signed)) };
    options.onSigned?.(sent);
    return submit(client, sent);
  });
}

/** As `send`, then waits. */
export async function sendAndWait(client: AnyClient, draft: Draft, options: WriteAndWaitOptions): Promise<Hex> {
  const { finality = 'included', timeoutMs, signal, onStatus } = options;
  signal?.throwIfAborted();
  const hash = await send(client, draft, options);
  await waitFor(client, hash, finality, { timeoutMs, signal, onStatus, isAccepted: true });
  return hash;
}

async function submit(client: AnyClient, { hash, raw }: { readonly hash: Hex; readonly raw: Hex }): Promise<Hex> {
  try {
    await request(client, 'engram_sendTransaction', [raw]);
  } catch (error) {
    // the first answer may have been lost on the way, and the transport asks again
    if (error instanceof MempoolRefusedError && error.code === 'ALREADY_KNOWN') return hash;
    if (!(error instanceof NodeUnavailableError) || !(await isKnown(client, hash).catch(() => false))) throw error;
  }
  return hash;
}

async function isKnown(client: AnyClient, hash: Hex): Promise<boolean> {
  const { status } = await request(client, 'engram_getTransactionStatus', [hash]);
  return status !== 'unknown' && status !== 'dropped';
}
