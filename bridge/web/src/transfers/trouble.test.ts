import {
  ChainMismatchError,
  HttpRequestError,
  InsufficientFundsError,
  ResourceUnavailableRpcError,
  TransactionExecutionError,
  UserRejectedRequestError,
} from 'viem';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../../protocol/errors.ts';
import { LedgerRefusedError, NodeUnavailableError, RpcFailedError, SdkError } from '../../../../sdk/errors.ts';
import { engramError } from '../../../../sdk/request.ts';
import { BridgeError } from '../../../client/errors.ts';
import { bridgeError } from '../../../client/revert.ts';
import { RecoveryError } from '../recovery/errors.ts';
import { TransferError, toTrouble, walletRefusal } from './trouble.ts';

const rejected = new UserRejectedRequestError(new Error('User denied transaction signature.'));
const wrapped = new TransactionExecutionError(rejected, { account: null } as never);

describe('what a wallet throws when it was asked to send', () => {
  it.each([
    { code: 4900 },
    { code: 4901 },
    new Error('viem', { cause: { name: 'ProviderDisconnectedError', code: 4900 } }),
    { code: 'constructor' },
    { code: '__proto__' },
    { code: -32603 },
  ])('is no refusal where it may have sent: %o', (error) => {
    expect(walletRefusal(error)).toBeUndefined();
  });

  it.each([[wrapped, 'REJECTED'] as const, [{ code: 4100 }, 'WALLET_DISCONNECTED'] as const])(
    'is one where it says so',
    (error, code) => {
      expect(walletRefusal(error)).toEqual({ code });
    },
  );
});

describe('toTrouble', () => {
  it.each([
    ['a provider’s 4001', { code: 4001, message: 'MetaMask Tx Signature: User denied' }],
    ['viem’s class', rejected],
    ['viem’s wrapping of it', wrapped],
    ['the bridge client’s wrapping of that', bridgeError(wrapped)],
    ['the SDK’s wrapping', engramError(wrapped)],
    ['ethers’ name for it', { code: 'ACTION_REJECTED' }],
    ['a bundle of errors', new Error('outer', { cause: new Error('inner', { cause: { code: 5000 } }) })],
  ])('knows a rejection: %s', (_name, error) => {
    expect(toTrouble(error)).toEqual({ code: 'REJECTED' });
  });

  it.each([
    ['WALLET_BUSY', { code: -32002, message: 'Request already pending' }],
    ['WALLET_BUSY', new ResourceUnavailableRpcError(new Error('busy'))],
    ['WRONG_NETWORK', new ChainMismatchError({ chain: { id: 1, name: 'a' } as never, currentChainId: 2 })],
    ['WALLET_DISCONNECTED', { code: 4100 }],
    ['WALLET_DISCONNECTED', { code: 4900 }],
    ['WALLET_UNSUPPORTED', { code: 4200 }],
    ['INSUFFICIENT_FUNDS', new InsufficientFundsError()],
    ['L1_UNREACHABLE', new HttpRequestError({ url: 'https://secret.example/key' })],
    ['L1_UNREACHABLE', bridgeError(new HttpRequestError({ url: 'https://secret.example/key' }))],
    ['NODE_UNAVAILABLE', new NodeUnavailableError('UNREACHABLE', 'the node does not answer')],
    ['NODE_UNAVAILABLE', new NodeUnavailableError('RATE_LIMITED', 'slow down')],
    ['NOT_CLAIMABLE', new NodeUnavailableError('NOT_CLAIMABLE', 'not yet')],
    ['KEY_MISMATCH', new SdkError('KEY_MISMATCH', 'other')],
    ['INSUFFICIENT_BALANCE', new LedgerRefusedError('INSUFFICIENT_BALANCE', 'no')],
    ['BAD_NONCE', new ProtocolError('BAD_NONCE', {})],
    ['ARTIFACT_INVALID', new RecoveryError('ARTIFACT_INVALID', {})],
    ['ABORTED', new DOMException('stop', 'AbortError')],
    ['UNEXPECTED', new TypeError('x is not a function')],
    ['UNEXPECTED', new RpcFailedError('UNKNOWN', 'some text of a node')],
    ['UNEXPECTED', undefined],
    ['UNEXPECTED', 'text'],
  ])('%s', (code, error) => {
    expect(toTrouble(error).code).toBe(code);
  });

  it('names the arguments of a contract’s error', () => {
    expect(toTrouble(new BridgeError('WrongValue', { args: [1n, 2n] }))).toEqual({
      ...{ code: 'WrongValue', data: { expected: 1n, given: 2n } },
    });
    expect(toTrouble(new TransferError('WRONG_NETWORK', { expected: 1, found: 2 }))).toEqual({
      ...{ code: 'WRONG_NETWORK', data: { expected: 1, found: 2 } },
    });
  });

  it('passes no text of anybody on', () => {
    const texts = [
      new BridgeError('L1_REVERTED', { message: '<img src=x onerror=alert(1)> call +1 555' }),
      new SdkError('BAD_ANSWER', 'visit evil.example', { text: 'send your seed to evil' }),
      Object.assign(new Error('boom'), {
        code: 'A_B',
        data: { html: '<b>', stack: 'at x (y:1)', list: [1], f: () => 1 },
      }),
      { code: 'Please send us your money' },
      { code: 'X_'.repeat(100) },
    ];
    for (const error of texts) {
      const { code, data = {} } = toTrouble(error);
      expect(code).toMatch(/^[A-Z0-9_]{1,40}$/);
      expect(Object.keys(data)).toEqual([]);
    }
  });

  it('never throws', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
        getPrototypeOf: () => {
          throw new Error('no');
        },
      },
    );
    expect(toTrouble(hostile)).toEqual({ code: 'UNEXPECTED' });
    const round: { cause?: unknown } = {};
    round.cause = round;
    expect(toTrouble(round)).toEqual({ code: 'UNEXPECTED' });
  });
});
