import { describe, expect, test } from 'vitest';
import type { Field } from '../../../protocol/types.ts';
import { selectorOf } from './abi.ts';
import { PrecompileFault } from './fault.ts';
import { type CallFrame, precompile } from './precompile.ts';
import type { ContractStorage } from './storage.ts';

const storage: ContractStorage = {
  getStorage: () => Promise.resolve(new Uint8Array(0)),
  putStorage: () => Promise.resolve(),
};

function frame(signature: string): CallFrame {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, selectorOf(signature));
  const none = { isStatic: false, isDelegateCall: false, isBorrowed: false };
  return { caller: 1n, value: 0n, ...none, data, gasLimit: 10_000n };
}

describe('a handler that breaks its rules', () => {
  test('is a fault with its cause, not an EVM error that another node might not have', async () => {
    const cause = new RangeError('no memory');
    const broken = precompile([{ signature: 'f()', run: () => Promise.reject(cause) }]);
    const error = await broken(frame('f()'), { storage, domain: 1n as Field }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PrecompileFault);
    expect(error).toMatchObject({ code: 'UNEXPECTED', cause });
  });
});

test('selectors are those of Solidity', () => {
  expect(selectorOf('transfer(address,uint256)')).toBe(0xa9059cbb);
});
