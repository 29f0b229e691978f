import { EventEmitter } from 'node:events';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { AccountView, ChainInfo, Health, TransactionStatus } from '../../sdk/rpcTypes.ts';
import { MempoolError, SequencerError } from '../../sequencer/errors.ts';
import type { AiBackend, BackendEvents, NodeBackend } from '../rpc/backend.ts';
import { RpcCode, RpcError } from '../rpc/errors.ts';
import { fakeAi } from './fakeAi.ts';
import { fakeAnnouncements } from './fakeAnnouncements.ts';
import { fakeExplorer } from './fakeExplorer.ts';
import { fakeLane } from './fakeLane.ts';
import { fakeMarket } from './fakeMarket.ts';
import { fakeNetwork } from './fakeNetwork.ts';

export const ACCOUNT: AccountView = {
  index: 5,
  kind: 'KEY',
  token: 0,
  nonce: 2,
  balance: 2n ** 70n,
  claimed: 0n,
  a: 1n,
  b: 2n,
  c: 3n,
  address: '0x0000000000000000000000000000000000000003',
};

/** A backend with one account and no chain behind it, for tests of the RPC layer. */
export class FakeBackend implements NodeBackend {
  readonly #events = new EventEmitter();
  readonly lane = fakeLane;
  readonly network = fakeNetwork;
  readonly announcements = fakeAnnouncements;
  readonly market = fakeMarket;
  readonly explorer = fakeExplorer;
  readonly sent: Uint8Array[] = [];
  healthNow: Health = { live: true, ready: true, reasons: [] };
  status: Omit<TransactionStatus, 'hash'> = { status: 'unknown' };

  emit<E extends keyof BackendEvents>(event: E, value: BackendEvents[E]): void {
    this.#events.emit(event, value);
  }

  listeners(event: keyof BackendEvents): number {
    return this.#events.listenerCount(event);
  }

  async sendTransaction(bytes: Uint8Array): Promise<bigint> {
    if (bytes.length < 4) throw new ProtocolError('MALFORMED_BYTES', { length: bytes.length, at: 10n ** 20n });
    if (bytes[0] === 0xee) throw new Error('database password is hunter2');
    if (bytes[0] === 0xdd) throw new MempoolError('POOL_FULL', { limit: 10 });
    if (bytes[0] === 0xcc) throw new SequencerError('STOPPED');
    this.sent.push(bytes);
    return keccak256(bytes);
  }

  async transactionStatus(hash: bigint): Promise<TransactionStatus> {
    return { hash: `0x${hash.toString(16).padStart(64, '0')}`, ...this.status };
  }

  async account(index: number): Promise<AccountView | undefined> {
    return index === ACCOUNT.index ? ACCOUNT : undefined;
  }

  async accountsByKey([x, y]: readonly [bigint, bigint]): Promise<readonly AccountView[]> {
    return x === ACCOUNT.a && y === ACCOUNT.b ? [ACCOUNT] : [];
  }

  async accountsByAddress(address: bigint): Promise<readonly AccountView[]> {
    return address === ACCOUNT.c ? [ACCOUNT] : [];
  }

  async accountProof(): Promise<never> {
    throw new ProtocolError('INVALID_ARGUMENT', { why: 'a defect that callers must not see' });
  }

  async batch(): Promise<undefined> {
    return undefined;
  }

  async closedBatch(): Promise<undefined> {
    return undefined;
  }

  async block(): Promise<undefined> {
    return undefined;
  }

  async chainInfo(): Promise<ChainInfo> {
    const head = { batch: 0, root: 0n };
    return {
      domain: 2n ** 240n,
      l1ChainId: 31337n,
      l2ChainId: 7n,
      rollup: '0x0000000000000000000000000000000000000001',
      time: 1_800_000_000,
      graceSeconds: 86_400,
      shape: { name: 'dev', L: 8, N: 32, S: 12, A: 25, E: 4 },
      fees: [],
      tokens: [{ id: 0, address: '0x0000000000000000000000000000000000000000' }],
      heads: { unsafe: { ...head, block: 0n }, committed: head, proven: head },
    };
  }

  async fees(): Promise<readonly []> {
    return [];
  }

  async health(): Promise<Health> {
    return this.healthNow;
  }

  readonly ai: AiBackend = fakeAi;

  async advanceTime(): Promise<never> {
    throw new RpcError(RpcCode.UNAVAILABLE, 'DEVNET_ONLY', 'time passes by itself on this network');
  }

  on<E extends keyof BackendEvents>(event: E, listener: (value: BackendEvents[E]) => void): () => void {
    this.#events.on(event, listener);
    return () => this.#events.off(event, listener);
  }
}
