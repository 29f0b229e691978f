import { createPublicClient, createWalletClient, custom, type Hex, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { type OutboxLeaf, OutboxTree } from '../../genesis/predeploys/outbox.ts';
import { ledgerAccount } from '../accounts/ledgerAccount.ts';
import { engramChain } from '../chain.ts';
import { createLedgerClient } from '../client.ts';
import { checkProof } from './checkProof.ts';
import { INBOX, INBOX_ABI, laneTokenAddress, OUTBOX, OUTBOX_ABI } from './contracts.ts';
import { laneActions } from './laneActions.ts';
import { laneBridgeActions } from './laneBridgeActions.ts';
import { withdrawFromLane } from './withdrawFromLane.ts';

const EVM_LANE = `0x${'1a'.repeat(20)}` as const;
const L1 = { id: 31_337 };
const base = { id: 7171, rpcUrl: 'http://127.0.0.1:1', l1: L1, rollup: `0x${'aa'.repeat(20)}` } as const;
const chain = engramChain({ ...base, evmLane: EVM_LANE });
const account = privateKeyToAccount(`0x${'11'.repeat(32)}`);

function leafAt(index: bigint, more: Partial<OutboxLeaf> = {}): OutboxLeaf {
  const someone: Hex = `0x${'ab'.repeat(20)}`;
  return { index, sender: someone, token: 0, amount: 10n + index, recipient: someone, account: 0, ...more };
}

/** Three withdrawals, and the proof of one as a node gives it. */
function proofOf(index: bigint) {
  const tree = new OutboxTree();
  for (const at of [0n, 1n, 2n]) tree.append(leafAt(at));
  const withdrawal = { ...leafAt(index), block: 1n, transactionHash: '0x00', status: 'claimable' } as const;
  return { withdrawal, siblings: tree.proof(index), root: tree.root };
}

describe('a proof of a withdrawal', () => {
  it('leads to the root, whatever the spelling of addresses', () => {
    const { root, ...proof } = proofOf(1n);
    expect(checkProof(proof, { index: 1n })).toEqual({ leaf: leafAt(1n), root });
    const sender = leafAt(1n).sender.toUpperCase().replace('0X', '0x') as Hex;
    expect(checkProof(proof, { ...leafAt(1n), sender }).root).toBe(root);
  });

  it('leads elsewhere if the node changed a sibling or the leaf', () => {
    const { root, withdrawal, siblings } = proofOf(1n);
    const other = siblings.with(3, `0x${'00'.repeat(31)}01`);
    expect(checkProof({ withdrawal, siblings: other }, { index: 1n }).root).not.toBe(root);
    const more = { ...withdrawal, amount: 11_000n };
    expect(checkProof({ withdrawal: more, siblings }, { index: 1n }).root).not.toBe(root);
  });

  it.each([
    ['index', { index: 2n }],
    ['sender', { sender: `0x${'cd'.repeat(20)}` as Hex }],
    ['token', { token: 1 }],
    ['amount', { amount: 1n }],
    ['recipient', { recipient: `0x${'cd'.repeat(20)}` as Hex }],
    ['account', { account: 9 }],
  ])('is refused if it is for another %s', (member, change) => {
    const { siblings, withdrawal } = proofOf(1n);
    const mine = { ...leafAt(1n), ...change };
    expect(() => checkProof({ withdrawal, siblings }, mine)).toThrow(
      expect.objectContaining({ code: 'BAD_ANSWER', message: expect.stringContaining(member) }),
    );
  });

  it('is refused unless it has 32 words', () => {
    const { siblings, withdrawal } = proofOf(1n);
    for (const wrong of [siblings.slice(1), [...siblings, siblings[0] ?? '0x'], siblings.with(0, '0x12')]) {
      expect(() => checkProof({ withdrawal, siblings: wrong }, { index: 1n })).toThrow(
        expect.objectContaining({ code: 'BAD_ANSWER' }),
      );
    }
  });
});

describe('addresses', () => {
  it('of tokens follow from the id; ETH and what is no id have none', () => {
    expect(laneTokenAddress(1)).toMatch(/^0x[0-9a-f]{40}$/);
    expect(laneTokenAddress(1)).not.toBe(laneTokenAddress(2));
    for (const id of [0, -1, 1.5, 65_536]) {
      expect(() => laneTokenAddress(id)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
    expect([INBOX, OUTBOX]).toEqual([
      '0x456e6772616d0000000000000000000000000010',
      '0x456e6772616d0000000000000000000000000011',
    ]);
    expect([INBOX_ABI.length > 0, OUTBOX_ABI.length > 0]).toEqual([true, true]);
  });
});

describe('a chain without a contract of the EVM lane', () => {
  it('has no way there', async () => {
    const without = engramChain(base);
    const l1 = { id: 1, name: 'L1', nativeCurrency: chain.nativeCurrency, rpcUrls: { default: { http: [] } } };
    expect(() => laneBridgeActions(without)).toThrow(expect.objectContaining({ code: 'NO_EVM_LANE' }));
    expect(() => laneBridgeActions(l1)).toThrow(expect.objectContaining({ code: 'CHAIN_INCOMPLETE' }));
    const ledger = createLedgerClient({ chain: without, account: ledgerAccount({ seed: new Uint8Array(32).fill(1) }) });
    expect(() => ledger.exitToLane({ amount: 1n })).toThrow(expect.objectContaining({ code: 'NO_EVM_LANE' }));
  });
});

describe('a node or an L1 that is not there, or another one', () => {
  const answers = (by: Record<string, unknown>) =>
    custom(
      {
        request: async ({ method }: { method: string }) => {
          if (!(method in by)) throw new TypeError(`not asked for: ${method}`);
          return by[method];
        },
      },
      { retryCount: 0 },
    );

  it('is told by code', async () => {
    const away = createPublicClient({ chain, transport: http(undefined, { retryCount: 0 }) }).extend(laneActions);
    await expect(away.getLane()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const wallet = createWalletClient({ account, chain, transport: http(undefined, { retryCount: 0 }) });
    await expect(withdrawFromLane(wallet, { amount: 1n })).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const l1 = createWalletClient({ account, transport: answers({ eth_chainId: '0x1' }) }).extend(
      laneBridgeActions(chain),
    );
    await expect(l1.depositToLane({ amount: 1n })).rejects.toMatchObject({ code: 'CHAIN_MISMATCH' });
    const offline = createWalletClient({ account, transport: answers({}) }).extend(laneBridgeActions(chain));
    await expect(offline.isWithdrawalClaimed(0n)).rejects.toMatchObject({ code: 'L1_UNREACHABLE' });
  });

  it('a withdrawal that is not there is not found', async () => {
    const client = createPublicClient({ chain, transport: answers({ engram_getWithdrawalProof: null }) }).extend(
      laneActions,
    );
    await expect(client.waitForWithdrawal(3n)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
