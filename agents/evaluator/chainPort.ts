/** What evaluators and keepers ask of a node, and how they write to the ledger. */
import { prefixedHex, wordHex } from '../../protocol/bytes.ts';
import { encodeTx } from '../../protocol/codec/tx.ts';
import { signTx, txHash } from '../../protocol/tx.ts';
import type { AccountIndex, Field, Op, Point } from '../../protocol/types.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { feeOf } from '../../sdk/actions/send.ts';
import { domainOf } from '../../sdk/chain.ts';
import { chainInfo } from '../../sdk/chainInfo.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import { MempoolRefusedError, SdkError } from '../../sdk/errors.ts';
import { request } from '../../sdk/request.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';

export interface WriteLimits {
  /** The least fee of an op, base units. */
  readonly fee: bigint;
  /** Slots of a batch: what one transaction can have at most. */
  readonly ops: number;
  readonly accounts: number;
}

/** A transaction as it was signed; sent again it is the same one. */
export interface SignedBytes {
  readonly hash: Hex;
  readonly bytes: Hex;
  /** Seconds: no batch with a later timestamp can take it in. */
  readonly validUntil: number;
}

/** Timestamps of batches, seconds. */
export interface BatchTimes {
  /** The least that the batch can have in which a transaction sent now is included. */
  readonly next: number;
  /** Of the newest batch that there is, open or closed; 0 before the first. */
  readonly newest: number;
  /** Of the newest batch that is committed on L1: no later one can have an earlier timestamp. 0 before the first. */
  readonly committed: number;
}

export interface ChainPort {
  readonly domain: Field;
  /** The node's clock, seconds. */
  time(): Promise<number>;
  batchTimes(): Promise<BatchTimes>;
  limits(token: number): Promise<WriteLimits>;
  /** Signs, hands over to be stored, and only then sends. @throws LedgerRefusedError, MempoolRefusedError, NodeUnavailableError */
  send(
    tx: { signer: AccountIndex; ops: readonly Op[]; validUntil: number },
    store: (signed: SignedBytes) => Promise<void>,
  ): Promise<void>;
  /** Sends the same bytes again; harmless where they have arrived. */
  resend(signed: SignedBytes): Promise<void>;
  /** `gone`: the node does not know it (any more), or dropped it. */
  status(hash: Hex): Promise<'pending' | 'included' | 'gone'>;
  channel(index: AccountIndex): Promise<{ readonly provider: AccountIndex; readonly model: AccountIndex }>;
  key(index: AccountIndex): Promise<Point>;
}

export interface NodePortOptions {
  /** The most to pay for an op; see the SDK's `maxFee`. */
  readonly maxFee?: bigint;
  /**
   * Timestamp (seconds) of the newest batch committed on L1, from somebody else than the node. Default: the node's word. A node that
   * says it too early reads reveals while commitments can still be put before them; whoever builds blocks is such a node.
   */
  readonly committedTime?: () => Promise<number>;
}

/** A node over its RPC. */
export function nodePort(client: LedgerClient, account: LedgerAccount, options: NodePortOptions = {}): ChainPort {
  const domain = domainOf(client.chain);
  const submit = async (bytes: Hex): Promise<void> => {
    try {
      await request(client, 'engram_sendTransaction', [bytes]);
    } catch (error) {
      if (!(error instanceof MempoolRefusedError) || error.code !== 'ALREADY_KNOWN') throw error;
    }
  };
  const status = async (hash: Hex): Promise<'pending' | 'included' | 'gone'> => {
    const found = (await request(client, 'engram_getTransactionStatus', [hash])).status;
    if (found === 'pending') return 'pending';
    return found === 'unknown' || found === 'dropped' ? 'gone' : 'included';
  };
  return {
    domain,
    time: async () => (await chainInfo(client)).time,
    batchTimes: () => batchTimes(client, options.committedTime),
    limits: async (token) => {
      const info = await chainInfo(client);
      return { fee: feeOf(info, token, options), ops: info.shape.N, accounts: info.shape.A };
    },
    send: async ({ signer, ops, validUntil }, store) => {
      const view = async () => ({
        onChain: (await client.getAccount(signer)).nonce,
        isKnown: async (hash: Hex) => (await status(hash)) !== 'gone',
      });
      await account.nonces.use(`${domain}:${signer}`, view, async (nonce) => {
        const tx = signTx({ signer, nonce, validUntil, ops }, account.seed, domain);
        const hash = wordHex(txHash(tx, domain));
        const bytes = prefixedHex(encodeTx(tx));
        await store({ hash, bytes, validUntil });
        await submit(bytes);
        return hash;
      });
    },
    resend: ({ bytes }) => submit(bytes),
    status,
    channel: async (index) => {
      const { provider, model } = await client.getChannel(index);
      return { provider: provider as AccountIndex, model: model as AccountIndex }; // indices of a live channel's terms
    },
    key: async (index) => {
      const { kind, a, b } = await client.getAccount(index);
      if (kind !== 'KEY') throw new SdkError('WRONG_KIND', `account ${index} has no key`, { index });
      return [a as Field, b as Field]; // a live leaf's words
    },
  };
}

/** An open batch has the timestamp of its first block, which may be long ago; a new one has at least the newest block's. */
async function batchTimes(client: LedgerClient, committedTime: NodePortOptions['committedTime']): Promise<BatchTimes> {
  const ask = async () => (await request(client, 'engram_getBatch', ['committed']))?.timestamp ?? 0;
  const committed = await (committedTime ?? ask)();
  const latest = await request(client, 'engram_getBlock', ['latest']);
  const { time } = await chainInfo(client);
  if (latest === null) return { next: time, newest: 0, committed };
  const closed = await request(client, 'engram_getBatch', [latest.batch]);
  if (closed !== null) return { next: Math.max(time, latest.timestamp), newest: closed.timestamp, committed };
  const before = latest.batch > 1 ? await request(client, 'engram_getBatch', [latest.batch - 1]) : null;
  const first = before === null ? 1n : BigInt(before.lastBlock) + 1n;
  const opened = (await request(client, 'engram_getBlock', [first.toString()]))?.timestamp ?? latest.timestamp;
  return { next: opened, newest: opened, committed };
}
