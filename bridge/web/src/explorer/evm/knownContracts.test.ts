import { encodeAbiParameters, encodeEventTopics, encodeFunctionData, erc20Abi, type Hex, zeroAddress } from 'viem';
import { describe, expect, it } from 'vitest';
import { SYSTEM_SENDER } from '../../../../../protocol/lane/addresses.ts';
import { MODEL_ATTESTATION, MODEL_ATTESTATION_ABI, OUTBOX, OUTBOX_ABI } from '../../../../../sdk/lane/contracts.ts';
import { addressName, decodeCall, decodeLog, purposeOf } from './knownContracts.ts';

const USER = `0x${'11'.repeat(20)}` as const;
const OTHER = `0x${'22'.repeat(20)}` as const;
const DIGEST = `0x${'ab'.repeat(32)}` as const;

const withdraw = encodeFunctionData({ abi: OUTBOX_ABI, functionName: 'withdrawETH', args: [OTHER, 0] });
const attest = encodeFunctionData({
  abi: MODEL_ATTESTATION_ABI,
  functionName: 'attest',
  args: [DIGEST, DIGEST, 0, 0n, 250, 1],
});

describe('addressName', () => {
  it('knows the protocol’s contracts in any case of letters', () => {
    expect(addressName(OUTBOX)).toBe('outbox');
    expect(addressName(OUTBOX.toUpperCase().replace('0X', '0x'))).toBe('outbox');
  });
  it.each([USER, '', '__proto__', 'toString', `${OUTBOX}00`])('does not know %s', (address) =>
    expect(addressName(address)).toBeUndefined(),
  );
});

describe('decodeCall', () => {
  it('names a withdrawal and what it is for', () => {
    expect(decodeCall(OUTBOX, withdraw)).toEqual({
      name: 'withdrawETH',
      args: [
        ['recipient', OTHER],
        ['account', '0'],
      ],
      isCertain: true,
    });
  });
  it('says of another contract’s call that it only looks like an ERC-20’s', () => {
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [OTHER, 5n] });
    expect(decodeCall(USER, data)).toMatchObject({ name: 'transfer', isCertain: false });
  });
  it('takes no function of another contract of the protocol', () => expect(decodeCall(OUTBOX, attest)).toBeUndefined());
  it.each<[string, Hex]>([
    ['nothing', '0x'],
    ['too few bytes', '0x1234'],
    ['arguments that are cut off', withdraw.slice(0, 40) as Hex],
    ['an unknown function', '0xffffffff'],
  ])('%s is no call', (_, input) => expect(decodeCall(OUTBOX, input)).toBeUndefined());
});

describe('decodeLog', () => {
  const topics = encodeEventTopics({
    abi: OUTBOX_ABI,
    eventName: 'Withdrawal',
    args: { index: 3n, sender: USER },
  }) as [Hex, ...Hex[]];
  const data = encodeAbiParameters(
    [{ type: 'uint16' }, { type: 'uint256' }, { type: 'address' }, { type: 'uint32' }],
    [0, 5n, OTHER, 0],
  );
  it('names a withdrawal’s log', () => {
    const decoded = decodeLog({ address: OUTBOX, topics, data });
    expect(decoded?.name).toBe('Withdrawal');
    expect(Object.fromEntries(decoded?.args ?? [])).toMatchObject({ index: '3', amount: '5', token: '0' });
  });
  it('is not misled by a contract that writes the same log', () => {
    expect(decodeLog({ address: USER, topics, data })).toBeUndefined();
  });
  it('leaves malformed and anonymous logs as they are', () => {
    expect(decodeLog({ address: OUTBOX, topics, data: '0x' })).toBeUndefined();
    expect(decodeLog({ address: OUTBOX, topics: [], data: '0x' })).toBeUndefined();
  });
});

describe('purposeOf', () => {
  it.each([
    [{ from: SYSTEM_SENDER, to: OUTBOX, input: withdraw }, 'message'],
    [{ from: USER, to: null, input: '0x60' }, 'creation'],
    [{ from: USER, to: OUTBOX, input: withdraw }, 'withdrawal'],
    [{ from: USER, to: MODEL_ATTESTATION, input: attest }, 'attestation'],
    [{ from: USER, to: OTHER, input: withdraw }, 'call'],
    [{ from: USER, to: zeroAddress, input: '0x' }, 'transfer'],
  ] as const)('%#: %s', (tx, purpose) => expect(purposeOf(tx)).toBe(purpose));
});
