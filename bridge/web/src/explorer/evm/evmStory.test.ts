import { type Abi, encodeAbiParameters, encodeEventTopics, type Hex, parseAbiParameters } from 'viem';
import { describe, expect, it } from 'vitest';
import {
  INBOX,
  INBOX_ABI,
  MODEL_ATTESTATION,
  MODEL_ATTESTATION_ABI,
  OUTBOX,
  OUTBOX_ABI,
} from '../../../../../sdk/lane/contracts.ts';
import { evmStories } from './evmStory.ts';
import type { Log } from './knownContracts.ts';

const USER = `0x${'11'.repeat(20)}` as const;
const OTHER = `0x${'22'.repeat(20)}` as const;
const DIGEST = `0x${'ab'.repeat(32)}` as const;

function log(address: string, abi: Abi, eventName: string, args: object, types: string, values: unknown[]): Log {
  const topics = encodeEventTopics({ abi, eventName, args } as never) as Hex[]; // one ABI or another
  return { address, topics, data: encodeAbiParameters(parseAbiParameters(types), values as never) };
}

function withdrawal(account: number, address: string = OUTBOX): Log {
  const types = 'uint16, uint256, address, uint32';
  return log(address, OUTBOX_ABI, 'Withdrawal', { index: 0n, sender: USER }, types, [3, 7n, OTHER, account]);
}

describe('evmStories', () => {
  it('tells of withdrawals to L1 and to the ledger', () => {
    expect(evmStories([withdrawal(0), withdrawal(9)])).toEqual([
      { say: 'withdraws', sender: USER, recipient: OTHER, token: 3, amount: '7', account: 0 },
      { say: 'withdrawsToAccount', sender: USER, recipient: OTHER, token: 3, amount: '7', account: 9 },
    ]);
  });

  it('tells nothing of what another contract writes', () => expect(evmStories([withdrawal(0, USER)])).toEqual([]));

  it('tells of attestations and of what messages brought', () => {
    const types = 'bytes32, uint8, uint256, uint16, uint8';
    const attested = { index: 4n, owner: USER, digest: DIGEST };
    const delivered = { kind: 0, index: 1n, to: OTHER };
    const brought = (amount: bigint, success: boolean) =>
      log(INBOX, INBOX_ABI, 'MessageDelivered', delivered, 'uint16, uint256, bool', [0, amount, success]);
    expect(
      evmStories([
        log(MODEL_ATTESTATION, MODEL_ATTESTATION_ABI, 'Attested', attested, types, [DIGEST, 0, 0n, 250, 1]),
        brought(5n, true),
        brought(5n, false),
        brought(0n, true),
      ]),
    ).toEqual([
      { say: 'attests', owner: USER, digest: DIGEST, index: '4' },
      { say: 'brings', to: OTHER, token: 0, amount: '5' },
      { say: 'bringsPending', to: OTHER, token: 0, amount: '5' },
    ]);
  });

  it('is bounded', () => expect(evmStories(Array.from({ length: 1_000 }, () => withdrawal(0)))).toHaveLength(20));
});
