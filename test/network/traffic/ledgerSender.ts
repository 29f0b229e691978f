/** Senders of the ledger lane: transfers, and claims from a channel. */

import { type DevAccount, type DevName, devAccount } from '../../../node/devnet/accounts.ts';
import type { NetworkNode } from '../../../node/devnet/network/networkNode.ts';
import { bigintToBytes, prefixedHex, wordHex } from '../../../protocol/bytes.ts';
import { encodeTx } from '../../../protocol/codec/tx.ts';
import { publicKey } from '../../../protocol/crypto/eddsa.ts';
import { field } from '../../../protocol/field.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import { signTx, txHash } from '../../../protocol/tx.ts';
import type { AccountIndex, Field, Op, Signature } from '../../../protocol/types.ts';
import { signVoucher } from '../../../protocol/voucher.ts';
import { claim, open, transfer } from '../../../sdk/ops.ts';
import { CheckError } from '../errors.ts';
import { type Counts, newCounts, pause, type Sender, type Targets } from './traffic.ts';

const NEVER = 2 ** 40 - 1;
/** After so long without a block a transaction is given up: the node that has it may be cut off. */
const PATIENCE_MS = 15_000;
const LOOK_MS = 300;
/** A `small` batch holds a few transactions and takes seconds to prove: more than this and proofs fall behind. */
const PAUSE_MS = 20_000;

export interface LedgerSenderOptions {
  readonly owner: DevName;
  readonly account: number;
  readonly domain: Field;
}

/** One account that sends; the next transaction always takes the nonce its node knows. */
class LedgerAccountSender {
  readonly counts: Counts = newCounts();
  readonly index: AccountIndex;
  readonly #owner: DevAccount;
  readonly #domain: Field;
  readonly #targets: Targets;

  constructor({ owner, account, domain }: LedgerSenderOptions, { targets }: { readonly targets: Targets }) {
    this.#owner = devAccount(owner);
    this.index = accountIndex(account);
    this.#domain = domain;
    this.#targets = targets;
  }

  get domain(): Field {
    return this.#domain;
  }

  target(): NetworkNode {
    const all = this.#targets();
    const node = all[Math.floor(Math.random() * all.length)];
    if (node === undefined) throw new CheckError('NOT_DONE', 'no node runs');
    return node;
  }

  async send(
    { rpc }: NetworkNode,
    { ops, vouchers = [], signal }: { ops: readonly Op[]; vouchers?: readonly Signature[]; signal: AbortSignal },
  ): Promise<void> {
    const { nonce = 0 } = (await rpc.request('engram_getAccount', [this.index])) ?? {};
    const tx = signTx({ signer: this.index, nonce, validUntil: NEVER, ops }, this.#owner.seed, this.#domain, vouchers);
    await rpc.request('engram_sendTransaction', [prefixedHex(encodeTx(tx))]);
    const hash = wordHex(txHash(tx, this.#domain));
    const start = performance.now();
    while (performance.now() - start < PATIENCE_MS && !signal.aborted) {
      const { status, reason } = await rpc.request('engram_getTransactionStatus', [hash]);
      if (status === 'included' || status === 'committed' || status === 'proven') {
        this.counts.included += 1;
        return;
      }
      if (status === 'dropped') throw new CheckError('NOT_DONE', `dropped: ${reason?.code}`);
      await pause(LOOK_MS, signal);
    }
    if (!signal.aborted) throw new CheckError('NOT_REACHED', 'the transaction is in no block');
  }
}

export function transferSender(
  options: LedgerSenderOptions & { readonly to: number },
  deps: { readonly targets: Targets },
): Sender {
  const sender = new LedgerAccountSender(options, deps);
  const op = transfer({ from: sender.index, to: accountIndex(options.to), amount: 1n });
  return {
    name: `transfers of ${options.owner}`,
    counts: sender.counts,
    pauseMs: PAUSE_MS,
    step: (signal) => sender.send(sender.target(), { ops: [op], signal }),
  };
}

const VOUCHER_SEED = bigintToBytes(0x766f7563686572n, 32);
const EACH = 1_000n;
const CHANNEL_AMOUNT = 10n ** 15n;
const CHANNEL_SECONDS = 30 * 86_400;

/** A provider that claims from a channel again and again; its payer opens one when there is none (a reorg can take it away). */
export function claimSender(
  { payer, provider }: { readonly payer: LedgerSenderOptions; readonly provider: LedgerSenderOptions },
  deps: { readonly targets: Targets },
): Sender {
  const [paying, earning] = [new LedgerAccountSender(payer, deps), new LedgerAccountSender(provider, deps)];
  const voucherKey = publicKey(VOUCHER_SEED);
  return {
    name: `claims of ${provider.owner}`,
    counts: earning.counts,
    pauseMs: PAUSE_MS,
    step: async (signal) => {
      const node = earning.target();
      const [channel] = await node.rpc.request('engram_getChannels', [{ provider: earning.index, limit: 1 }]);
      if (channel === undefined) {
        const expiry = Math.floor(Date.now() / 1000) + CHANNEL_SECONDS;
        const op = open({ from: paying.index, provider: earning.index, voucherKey, amount: CHANNEL_AMOUNT, expiry });
        return paying.send(node, { ops: [op], signal });
      }
      const claimed = BigInt(channel.claimed);
      const terms = { channel: accountIndex(channel.index), total: claimed + EACH, receiptsRoot: field(77n) };
      const voucher = signVoucher(terms, VOUCHER_SEED, earning.domain);
      const op = claim({ voucher, to: earning.index, claimed });
      return earning.send(node, { ops: [op], vouchers: [voucher.signature], signal });
    },
  };
}
