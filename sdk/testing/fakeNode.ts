/** A node in memory for unit tests: the real rules (protocol/) behind the RPC's methods, without blocks, proofs or network. Tests only. */
import { type Address, type CustomTransport, custom } from 'viem';
import { isOver, keyAccount, unpackAttestation, unpackChannel } from '../../protocol/account.ts';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { hexToBytes, prefixedHex, wordHex } from '../../protocol/bytes.ts';
import { decodeTx } from '../../protocol/codec/tx.ts';
import { packPoint } from '../../protocol/crypto/babyjub.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { accountIndex, batchNumber } from '../../protocol/ids.ts';
import { OpenBatch } from '../../protocol/openBatch.ts';
import { shape } from '../../protocol/shapes.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { AccountTree } from '../../protocol/tree.ts';
import { txHash } from '../../protocol/tx.ts';
import { type Account, type Field, Kind, Opcode, type Point, type SignedTx } from '../../protocol/types.ts';
import { domainOf, type EngramChain, engramChain } from '../chain.ts';
import type { Hex, TransactionStatus } from '../rpcTypes.ts';

export const FAKE_TIME = 1_800_000_000;
const ROLLUP: Address = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
const KINDS = { [Kind.KEY]: 'KEY', [Kind.CHANNEL]: 'CHANNEL', [Kind.ATTEST]: 'ATTEST' } as const;

/** JSON-RPC's error as a provider throws it (EIP-1193). */
class ProviderError extends Error {
  readonly code: number;
  readonly data: { readonly code: string; readonly details: object };

  constructor(code: number, reason: string, details: object = {}) {
    super('refused');
    this.code = code;
    this.data = { code: reason, details };
  }
}

interface Known {
  readonly tx: SignedTx;
  readonly position: number;
  status: TransactionStatus['status'];
  reason?: { code: string };
}

export class FakeNode {
  readonly chain: EngramChain = engramChain({
    id: 7001,
    rpcUrl: 'http://localhost:1',
    l1: { id: 31337 },
    rollup: ROLLUP,
  });
  readonly domain: Field = domainOf(this.chain);
  readonly tree = treeWithFeeAccount();
  /** Every call, in order. */
  readonly calls: string[] = [];
  minimumFee = 0n;
  /** Transactions wait in the mempool until `include`. */
  isHeld = false;
  /** What the node says transactions created, whatever they did. */
  lieAboutCreated: number | undefined;
  /** Runs instead of the answer to `engram_sendTransaction`, after it was taken: an answer lost on the way. */
  onAccepted: () => void = () => undefined;
  #time = FAKE_TIME;
  #number = 1;
  #batch = this.#open();
  #next = 2;
  readonly #known = new Map<Hex, Known>();
  readonly #origin = new Map<number, Hex>();

  /** Creates a KEY account as a deposit would. */
  deposit(owner: { key: Point }, balance: bigint, token = 0): number {
    const index = this.#next++;
    this.#settle(() => {
      this.tree.set(accountIndex(index), keyAccount({ key: owner.key, address: 0xacc1n, token, balance }));
    });
    return index;
  }

  /** Lets time pass; fees and royalties are credited, as when a batch closes. */
  advance(seconds: number): void {
    this.#settle(() => {
      this.#time += seconds;
    });
  }

  account(index: number): Account | undefined {
    return this.#batch.account(accountIndex(index));
  }

  /** Puts what waits into a block. */
  include(): void {
    for (const entry of [...this.#known.values()].sort((a, b) => a.tx.nonce - b.tx.nonce)) {
      if (entry.status !== 'pending') continue;
      this.#batch.applyTx(entry.tx);
      entry.status = 'included';
    }
  }

  /** Loses its mempool, as a restart does. */
  forget(): void {
    for (const [hash, { status }] of this.#known) if (status === 'pending') this.#known.delete(hash);
  }

  setStatus(hash: Hex, status: Known['status'], code?: string): void {
    const entry = this.#known.get(hash);
    if (entry === undefined) return;
    entry.status = status;
    if (code !== undefined) entry.reason = { code };
  }

  transport(): CustomTransport {
    return custom({ request: async ({ method, params }) => this.request(method, params ?? []) }, { retryCount: 0 });
  }

  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    this.calls.push(method);
    try {
      return plain(this.#answer(method, params));
    } catch (error) {
      if (error instanceof ProtocolError) throw new ProviderError(-32000, error.code, plain(error.data) as object);
      throw error;
    }
  }

  #answer(method: string, [first, second]: readonly unknown[]): unknown {
    switch (method) {
      case 'engram_chainInfo':
        return this.#info();
      case 'engram_getFees':
        return this.#info().fees;
      case 'engram_sendTransaction':
        return this.#send(hexToBytes(first as string));
      case 'engram_getTransactionStatus':
        return this.#status(first as Hex);
      case 'engram_getAccount':
        return this.#view(first as number) ?? null;
      case 'engram_getAccountsByKey':
        return this.#views((a, view) => this.#isKey(a, [first, second]) && view !== undefined);
      case 'engram_getChannel':
        return this.#channel(first as number) ?? null;
      case 'engram_getChannels': {
        const filter = first as { payer?: number; provider?: number };
        return this.#indices()
          .map((index) => this.#channel(index))
          .filter((c) => c !== undefined && (c.payer === filter.payer || c.provider === filter.provider))
          .reverse();
      }
      case 'engram_getAttestation':
        return this.#attestation(first as number) ?? null;
      case 'engram_findAttestations': {
        const artefact = artefactCommitment(hexToBytes(first as string));
        return this.#indices()
          .map((index) => this.#attestation(index))
          .filter((found) => found?.artefact === artefact);
      }
      default:
        throw new ProviderError(-32601, 'METHOD_NOT_FOUND');
    }
  }

  #send(bytes: Uint8Array): Hex {
    const sent = decodeTx(bytes);
    const hash = wordHex(txHash(sent, this.domain));
    if (this.#known.get(hash)?.status === 'pending') throw new ProviderError(-32001, 'ALREADY_KNOWN');
    const tx = { ...sent, ops: sent.ops.map((op) => (creates(op.opcode) ? { ...op, to: this.#assign(hash) } : op)) };
    if (tx.ops.some(({ fee }) => fee < this.minimumFee)) throw new ProviderError(-32001, 'FEE_TOO_LOW');
    if (!this.isHeld) this.#batch.applyTx(tx);
    this.#known.set(hash, { tx, position: 0, status: this.isHeld ? 'pending' : 'included' });
    this.onAccepted();
    return hash;
  }

  #assign(hash: Hex) {
    const index = this.#next++;
    this.#origin.set(index, hash);
    return accountIndex(index);
  }

  #status(hash: Hex): TransactionStatus {
    const found = this.#known.get(hash);
    if (found === undefined) return { hash, status: 'unknown' };
    const made = this.#indices().filter((index) => this.#origin.get(index) === hash);
    const created = this.lieAboutCreated === undefined ? made : [this.lieAboutCreated];
    const { status, reason } = found;
    return { hash, status, ...(created.length > 0 && { created }), ...(reason !== undefined && { reason }) };
  }

  #info() {
    const head = { batch: 0, root: 0n, block: 0n };
    const { name, L, N, S, A, E } = shape('dev');
    return {
      domain: this.domain,
      l1ChainId: 31337n,
      l2ChainId: 7001n,
      rollup: ROLLUP,
      shape: { name, L, N, S, A, E },
      fees: [{ token: 0, account: 1, minimumFee: this.minimumFee }],
      tokens: [],
      heads: { unsafe: head, committed: head, proven: head },
      time: this.#time,
      graceSeconds: 86_400,
    };
  }

  #isKey(account: Account, [x, y]: readonly unknown[]): boolean {
    if (typeof y === 'string') return account.a === BigInt(x as string) && account.b === BigInt(y);
    return account.kind === Kind.KEY && prefixedHex(packPoint([account.a, account.b])) === x;
  }

  #indices(): number[] {
    return Array.from({ length: this.#next }, (_, i) => i);
  }

  #views(wanted: (account: Account, view: unknown) => boolean): unknown[] {
    return this.#indices().flatMap((index) => {
      const account = this.account(index);
      const view = this.#view(index);
      return account !== undefined && wanted(account, view) ? [view] : [];
    });
  }

  #view(index: number) {
    const account = this.account(index);
    return account && { ...account, index, kind: KINDS[account.kind] };
  }

  #created(index: number) {
    return { transaction: this.#origin.get(index) ?? '0x', block: 1n, batch: 1, timestamp: this.#time };
  }

  #channel(index: number) {
    const account = this.account(index);
    if (account?.kind !== Kind.CHANNEL) return undefined;
    const { a: x, b: y, c, token, balance, claimed, nonce: claims } = account;
    const terms = unpackChannel(c);
    const over = isOver(terms, this.#time);
    const state = over ? 'over' : this.#time >= terms.expiry ? 'expired' : 'open';
    return {
      ...{ index, token, balance, claimed, claims, ...terms, isOver: over, state },
      royaltyBps: terms.model === 0 ? 0 : unpackAttestation(this.account(terms.model)?.c ?? 0n).royaltyBps,
      voucherKey: { x, y, packed: prefixedHex(packPoint([x, y])) },
      claimableUntil: terms.expiry + 86_400,
      created: this.#created(index),
    };
  }

  #attestation(index: number) {
    const account = this.account(index);
    if (account?.kind !== Kind.ATTEST) return undefined;
    const { a: artefact, b: provenance, c, token, balance } = account;
    return {
      index,
      kind: 'model',
      artefact,
      provenance,
      token,
      balance,
      ...unpackAttestation(c),
      created: this.#created(index),
    };
  }

  /** Ends the batch, changes something between batches, begins the next. */
  #settle(change: () => void): void {
    this.#batch.close({ lastBlock: BigInt(this.#number), evmCommitment: 0n, slots: false });
    this.#number += 1;
    change();
    this.#batch = this.#open();
  }

  #open(): OpenBatch {
    const batch = new OpenBatch(
      {
        number: batchNumber(this.#number),
        shape: shape('large'),
        domain: this.domain,
        timestamp: this.#time,
        firstBlock: BigInt(this.#number),
      },
      { tree: this.tree },
    );
    batch.nameFeeAccount(FEE_ACCOUNT);
    return batch;
  }
}

const FEE_ACCOUNT = accountIndex(1);

function treeWithFeeAccount(): AccountTree {
  const tree = new AccountTree();
  tree.set(FEE_ACCOUNT, keyAccount({ key: actor(0).key, address: 1n, token: 0, balance: 0n }));
  return tree;
}

function creates(opcode: number): boolean {
  return opcode === Opcode.REGISTER || opcode === Opcode.ATTEST || opcode === Opcode.OPEN;
}

/** As JSON-RPC carries it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, entry) => (typeof entry === 'bigint' ? entry.toString() : entry)));
}
