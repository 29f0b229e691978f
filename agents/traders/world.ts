import { custom } from 'viem';
import type { Clock } from '../../chain/clock.ts';
import { unpackChannel } from '../../protocol/account.ts';
import { Kind } from '../../protocol/types.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { createLedgerClient, type LedgerClient } from '../../sdk/client.ts';
import { FAKE_TIME, FakeNode } from '../../sdk/testing/fakeNode.ts';
import { ConsumerError } from '../consumer/consumerError.ts';
import type { ProviderTransport } from '../consumer/providerTransport.ts';
import { answerDialogue } from '../dialogue/dialogueHttp.ts';
import type { SellerDesk } from '../dialogue/sellerDesk.ts';

/** Far more than an hour of trade creates. */
const MAX_ACCOUNTS = 4_096;

/** A ledger, a board for announcements and a network, all in memory. */
export class World {
  readonly node = new FakeNode();
  readonly #board = new Map<number, unknown>();
  readonly #desks = new Map<string, Pick<SellerDesk, 'handle'>>();
  #seconds = FAKE_TIME;

  readonly clock: Clock = { nowMs: () => this.#seconds * 1000, sleep: async () => undefined };
  readonly now = (): number => this.#seconds;

  advance(seconds: number): void {
    this.#seconds += seconds;
    this.node.advance(seconds);
  }

  clientOf(account: LedgerAccount): LedgerClient {
    const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
      const [first] = (params ?? []) as readonly unknown[]; // as JSON-RPC has them
      if (method === 'engram_announce') return this.#announce(first);
      if (method === 'engram_getAnnouncements')
        return [...this.#board.entries()].sort(([a], [b]) => a - b).map(([, one]) => one);
      return this.node.request(method, (params ?? []) as readonly unknown[]);
    };
    const transport = custom({ request }, { retryCount: 0 });
    return createLedgerClient({ chain: this.node.chain, transport, account, pollingIntervalMs: 1 });
  }

  listen(endpoint: string, desk: Pick<SellerDesk, 'handle'>): void {
    this.#desks.set(endpoint, desk);
  }

  transport(endpoint: string): ProviderTransport {
    return {
      call: async ({ body = new Uint8Array() }) => {
        const desk = this.#desks.get(endpoint);
        if (desk === undefined) throw new ConsumerError('UNREACHABLE', `nobody is at ${endpoint}`);
        return answerDialogue(desk, body);
      },
      close: () => undefined,
    };
  }

  /** As a node keeps them: buyers check each one themselves. */
  #announce(signed: unknown): { sequence: number } {
    const { document } = signed as { document: { agent: number; sequence: number } }; // of `announce`, in this process
    this.#board.set(document.agent, signed);
    return { sequence: document.sequence };
  }
}

function accountsOf(node: FakeNode) {
  const found = [];
  for (let index = 0; index < MAX_ACCOUNTS; index += 1) {
    const account = node.account(index);
    if (account !== undefined) found.push(account);
  }
  return found;
}

export function channelsOf(node: FakeNode) {
  return accountsOf(node)
    .filter(({ kind }) => kind === Kind.CHANNEL)
    .map(({ c, balance, claimed }) => ({ ...unpackChannel(c), balance, claimed }));
}

export function totalOf(node: FakeNode): bigint {
  return accountsOf(node).reduce((sum, { balance }) => sum + balance, 0n);
}
