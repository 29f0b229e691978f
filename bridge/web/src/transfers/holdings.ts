import type { Address } from 'viem';
import { getBalance, readContract } from 'viem/actions';
import { NodeUnavailableError } from '../../../../sdk/errors.ts';
import { laneTokenAddress } from '../../../../sdk/lane/contracts.ts';
import { getLane } from '../../../../sdk/lane/laneReads.ts';
import { engramError, request } from '../../../../sdk/request.ts';
import { erc20Abi } from '../../../client/abi.ts';
import type { Recovery } from '../recovery/types.ts';
import { inGroups } from './inGroups.ts';
import type { L1Chain } from './l1/l1Chain.ts';
import type { Tokens } from './l1/tokens.ts';
import type { NodeView } from './node/nodeView.ts';
import * as parse from './node/parse.ts';
import { TransferError } from './trouble.ts';
import type { Holdings, OwnedAccount, Token } from './types.ts';

const PARALLEL = 8;
/** KEY accounts whose channels and attestations are asked for, and how many of the latter. */
const MAX_PAYERS = 16;
const MAX_ATTESTATIONS = 200;

interface Sources {
  readonly l1: L1Chain;
  readonly tokens: Tokens;
  readonly node: NodeView | undefined;
  readonly recovery: Recovery | undefined;
}

type Sum = Holdings['l1'][number];

/**
 * What an address has. L1 says what is on L1 and owed there; accounts are the node's word, or, without it and in a frozen rollup, what
 * the posted batches come to.
 * @throws TransferError NODE_UNAVAILABLE if nobody can tell the accounts; BridgeError
 */
export async function holdingsOf(owner: Address, sources: Sources): Promise<Holdings> {
  const { l1, tokens, node, recovery } = sources;
  const [all, reader] = await Promise.all([tokens.all(), l1.reader()]);
  const [{ isFrozen }, onL1, owed] = await Promise.all([
    reader.state(),
    sums(all, (token) => l1.balance(owner, token)),
    sums(all, ({ id }) => reader.pendingWithdrawal(id, owner)),
  ]);
  const common = { owner, l1: onL1, owed: owed.filter(({ amount }) => amount > 0n) };
  const fromL1 = async (): Promise<Holdings | undefined> => {
    if (recovery === undefined) return undefined;
    const { accounts, batch } = await recovery.ledger(owner);
    return { ...common, lane: [], accounts, source: 'l1', batch };
  };
  // the node of a frozen rollup may be ahead of what can be had
  let refusal: unknown;
  const recovered = isFrozen
    ? await fromL1().catch((error: unknown) => {
        refusal = error;
        return undefined;
      })
    : undefined;
  if (recovered !== undefined) return recovered;
  try {
    if (node === undefined) throw new TransferError('NODE_UNAVAILABLE', { reason: 'NONE' });
    const [accounts, lane] = await Promise.all([nodeAccounts(owner, node), onLane(owner, all, node)]);
    const left = isFrozen ? await inGroups(accounts, PARALLEL, (account) => withEscape(account, l1)) : accounts;
    return { ...common, lane, accounts: left, source: 'node' };
  } catch (error) {
    const found = isFrozen ? undefined : await fromL1();
    if (found === undefined) throw refusal ?? error;
    return found;
  }
}

/** A token that cannot be asked is left out: others must not suffer from it. */
async function sums(tokens: readonly Token[], ask: (token: Token) => Promise<bigint>): Promise<Sum[]> {
  const found = await inGroups(tokens, PARALLEL, async (token): Promise<Sum | undefined> => {
    try {
      return { token: token.id, amount: await ask(token) };
    } catch (error) {
      if (token.id === 0) throw error;
      return undefined;
    }
  });
  return found.filter((sum) => sum !== undefined);
}

async function onLane(owner: Address, tokens: readonly Token[], { client }: NodeView): Promise<Sum[]> {
  await getLane(client); // a node without the lane says so here
  return sums(tokens, async ({ id }) => {
    try {
      if (id === 0) return await getBalance(client, { address: owner });
      const address = laneTokenAddress(id);
      return await readContract(client, { address, abi: erc20Abi, functionName: 'balanceOf', args: [owner] });
    } catch (error) {
      throw engramError(error);
    }
  });
}

async function nodeAccounts(owner: Address, { client }: NodeView): Promise<OwnedAccount[]> {
  const found = parse.list(await request(client, 'engram_getAccountsByAddress', [owner]));
  const keys = found.map(accountOf);
  const payers = keys.slice(0, MAX_PAYERS).map(({ index }) => index);
  const controlled = await inGroups(payers, PARALLEL, async (payer) => [
    ...parse
      .list(await request(client, 'engram_getChannels', [{ payer }]))
      .map((found) => controlledOf(found, 'CHANNEL')),
    ...(await attestationsOf(payer, client)),
  ]);
  return [...keys, ...controlled.flat()].sort((a, b) => a.index - b.index);
}

/** A node without a market has no list of them. */
async function attestationsOf(owner: number, client: NodeView['client']): Promise<OwnedAccount[]> {
  try {
    const page = parse.members(await request(client, 'engram_getAttestations', [{ owner, limit: MAX_ATTESTATIONS }]));
    return parse.list(page.items).map((found) => controlledOf(found, 'ATTEST'));
  } catch (error) {
    if (error instanceof NodeUnavailableError) throw error;
    return [];
  }
}

function controlledOf(value: unknown, kind: 'CHANNEL' | 'ATTEST'): OwnedAccount {
  const found = parse.members(value);
  return { ...numbers(found), kind, balance: parse.big(found.balance) };
}

function accountOf(value: unknown): OwnedAccount {
  const account = parse.members(value);
  const kind = parse.oneOf(account.kind, ['KEY', 'CHANNEL', 'ATTEST']);
  const key = [parse.word(account.a), parse.word(account.b)] as const;
  const common = { ...numbers(account), kind, balance: parse.big(account.balance) };
  return kind === 'KEY' ? { ...common, key, nonce: parse.count(account.nonce) } : common;
}

function numbers(value: parse.Members): { index: number; token: number } {
  return { index: parse.count(value.index), token: parse.count(value.token) };
}

async function withEscape(account: OwnedAccount, l1: L1Chain): Promise<OwnedAccount> {
  return { ...account, isEscaped: await (await l1.reader()).isEscaped(account.index) };
}
