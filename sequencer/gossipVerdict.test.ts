import { expect, it } from 'vitest';
import { ProtocolError, type ProtocolErrorCode } from '../protocol/errors.ts';
import { MempoolError, type MempoolErrorCode, SequencerError } from './errors.ts';
import { EvmPoolError, type EvmPoolErrorCode } from './evm/evmPoolErrors.ts';
import { gossipVerdict } from './gossipVerdict.ts';

it.each<ProtocolErrorCode>([
  'MALFORMED_BYTES',
  'WORD_NOT_CANONICAL',
  'BAD_SIGNATURE',
  'BAD_VOUCHER',
  'ASSIGNED_INDEX_NOT_ZERO',
])('a ledger transaction with %s is its sender’s fault', (code) => {
  expect(gossipVerdict(new ProtocolError(code))).toEqual({ outcome: 'reject', reason: code });
});

it.each<ProtocolErrorCode>(['UNKNOWN_ACCOUNT', 'EXPIRED', 'INSUFFICIENT_BALANCE', 'CLAIM_MISMATCH', 'NOT_AUTHORIZED'])(
  'a ledger transaction with %s may be good on another head',
  (code) => {
    expect(gossipVerdict(new ProtocolError(code))).toEqual({ outcome: 'ignore', reason: code });
  },
);

it.each<MempoolErrorCode>(['POOL_FULL', 'NONCE_TOO_LOW', 'ALREADY_KNOWN', 'FEE_TOO_LOW', 'TX_TOO_LARGE'])(
  'what one pool refuses with %s another may have taken',
  (code) => {
    expect(gossipVerdict(new MempoolError(code))).toEqual({ outcome: 'ignore', reason: code });
  },
);

it.each<[EvmPoolErrorCode, 'ignore' | 'reject']>([
  ['MALFORMED', 'reject'],
  ['WRONG_CHAIN_ID', 'reject'],
  ['INVALID_SIGNATURE', 'reject'],
  ['TYPE_NOT_SUPPORTED', 'reject'],
  ['NONCE_TOO_LOW', 'ignore'],
  ['INSUFFICIENT_FUNDS', 'ignore'],
  ['UNDERPRICED', 'ignore'],
  ['OVERSIZED', 'ignore'],
])('a transaction of the EVM lane with %s: %s', (code, outcome) => {
  expect(gossipVerdict(new EvmPoolError(code))).toEqual({ outcome, reason: code });
});

it('a fault of this node is nobody else’s', () => {
  expect(gossipVerdict(new SequencerError('HALTED'))).toEqual({ outcome: 'ignore', reason: 'UNAVAILABLE' });
  expect(gossipVerdict(new TypeError('bug'))).toEqual({ outcome: 'ignore', reason: 'UNAVAILABLE' });
});
