import { type ContractFunctionArgs, type ContractFunctionName, encodeFunctionData, hashDomain } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { beforeEach, describe, expect, it } from 'vitest';
import { INBOX, OUTBOX, TOKEN_FACTORY, TOKEN_IMPLEMENTATION } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { ALICE, announcement, BOB, deposit, newLane } from '../testing/fixture.ts';
import { errorName, type Outcome, type TestLane } from '../testing/lane.ts';
import { BRIDGED_TOKEN_ABI, TOKEN_FACTORY_ABI } from './abi.ts';
import { tokenAddress } from './inboxCall.ts';

const TOKEN = 7;
const AT = tokenAddress(TOKEN);
const FAR = 2n ** 40n;
let lane: TestLane;
beforeEach(async () => {
  lane = await newLane();
});

const read = (functionName: string, args: readonly unknown[] = [], at = AT) =>
  lane.read(BRIDGED_TOKEN_ABI, at, functionName, args);
const errorOf = ({ returned }: Outcome) => errorName([...BRIDGED_TOKEN_ABI, ...TOKEN_FACTORY_ABI], returned);

type Writes = ContractFunctionName<typeof BRIDGED_TOKEN_ABI, 'nonpayable'>;
function send<N extends Writes>(
  from: Hex,
  functionName: N,
  args: ContractFunctionArgs<typeof BRIDGED_TOKEN_ABI, 'nonpayable', N>,
  to = AT,
): Promise<Outcome> {
  // The general form of viem's options: it cannot follow a generic name to its arguments.
  const data = encodeFunctionData({ abi: BRIDGED_TOKEN_ABI, functionName, args } as Parameters<
    typeof encodeFunctionData
  >[0]);
  return lane.send({ from, to, data });
}

describe('a token', () => {
  it.each([1, 7, 255, 256, 65_535])('%i is where tokenAddress says', async (token) => {
    const expected = tokenAddress(token);
    expect(String(await lane.read(TOKEN_FACTORY_ABI, TOKEN_FACTORY, 'tokenAddress', [token])).toLowerCase()).toBe(
      expected,
    );
    await lane.deliver(deposit({ token, amount: 5n }));
    expect(await read('balanceOf', [ALICE], expected)).toBe(5n);
    expect(await read('tokenId', [], expected)).toBe(token);
    expect(await lane.read(TOKEN_FACTORY_ABI, TOKEN_FACTORY, 'tokenAt', [expected])).toBe(token);
    expect(await lane.read(TOKEN_FACTORY_ABI, TOKEN_FACTORY, 'tokenAt', [ALICE])).toBe(0);
  });

  it('has a name of its own until L1 announces one, and then always the newest', async () => {
    await lane.deliver(deposit({ token: TOKEN }));
    expect([await read('name'), await read('symbol'), await read('decimals')]).toEqual(['Engram token #7', 'E#7', 18]);
    await lane.deliver(announcement({ index: 1n, name: 'Compute', symbol: 'CMP', decimals: 0 }));
    expect([await read('name'), await read('symbol'), await read('decimals')]).toEqual(['Compute', 'CMP', 0]);
    const long = 'ü'.repeat(50);
    await lane.deliver(announcement({ index: 2n, name: long, symbol: long, decimals: 8 }));
    expect([await read('name'), await read('symbol')]).toEqual(['ü'.repeat(32), 'ü'.repeat(15)]);
    await lane.deliver(announcement({ index: 3n, name: '', symbol: '' }));
    expect([await read('name'), await read('symbol')]).toEqual(['Engram token #7', 'E#7']);
  });

  it('can be announced before the first deposit', async () => {
    await lane.deliver(announcement());
    expect([await read('name'), await read('totalSupply')]).toEqual(['Compute', 0n]);
    await lane.deliver(deposit({ index: 1n, token: TOKEN, amount: 3n }));
    expect([await read('name'), await read('totalSupply')]).toEqual(['Compute', 3n]);
  });

  it('is an ERC-20', async () => {
    await lane.deliver(deposit({ token: TOKEN, amount: 10n }));
    await send(ALICE, 'transfer', [BOB, 4n]);
    await send(BOB, 'approve', [ALICE, 3n]);
    expect(await read('allowance', [BOB, ALICE])).toBe(3n);
    expect(errorOf(await send(ALICE, 'transferFrom', [BOB, ALICE, 4n]))).toBe('ERC20InsufficientAllowance');
    await send(ALICE, 'transferFrom', [BOB, ALICE, 3n]);
    expect([await read('balanceOf', [ALICE]), await read('balanceOf', [BOB])]).toEqual([9n, 1n]);
    expect(errorOf(await send(BOB, 'transfer', [ALICE, 2n]))).toBe('ERC20InsufficientBalance');
  });
});

describe('nobody but the protocol', () => {
  const own: readonly [string, (at: Hex) => Promise<Outcome>][] = [
    ['mints', (at) => send(ALICE, 'mint', [ALICE, 1n], at)],
    ['burns', (at) => send(ALICE, 'burn', [BOB, 1n], at)],
    ['describes', (at) => send(ALICE, 'describe', ['Fake', 'FK', 1], at)],
    ['initializes', (at) => send(ALICE, 'initialize', [1], at)],
  ];
  it.each(own)('%s, neither at the token nor at its implementation', async (_name, attack) => {
    await lane.deliver(deposit({ token: TOKEN, amount: 10n }));
    expect(errorOf(await attack(AT))).toBe('NotFactory');
    expect(errorOf(await attack(TOKEN_IMPLEMENTATION))).toBe('NotFactory');
  });

  it('uses TokenFactory: minting and announcing is for Inbox, burning for Outbox', async () => {
    const mint = encodeFunctionData({ abi: TOKEN_FACTORY_ABI, functionName: 'mint', args: [TOKEN, ALICE, 1n] });
    const burn = encodeFunctionData({ abi: TOKEN_FACTORY_ABI, functionName: 'burn', args: [TOKEN, ALICE, 1n] });
    const announce = encodeFunctionData({
      abi: TOKEN_FACTORY_ABI,
      functionName: 'announce',
      args: [TOKEN, 'a', 'b', 1],
    });
    const attempt = async (from: Hex, data: Hex) =>
      errorName(TOKEN_FACTORY_ABI, (await lane.callAs({ from, to: TOKEN_FACTORY, data })).returned);
    for (const from of [ALICE, OUTBOX, AT]) {
      expect(await attempt(from, mint)).toBe('NotInbox');
      expect(await attempt(from, announce)).toBe('NotInbox');
    }
    for (const from of [ALICE, INBOX, AT]) expect(await attempt(from, burn)).toBe('NotOutbox');
  });
});

describe('a permit', () => {
  const owner = privateKeyToAccount(`0x${'11'.repeat(32)}`);
  const types = {
    Permit: [
      { name: 'owner', type: 'address' },
      { name: 'spender', type: 'address' },
      { name: 'value', type: 'uint256' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
  } as const;

  async function sign(changes: { name?: string; chainId?: number; nonce?: bigint; deadline?: bigint } = {}) {
    const { name = 'Compute', chainId = 7_171, nonce = 0n, deadline = FAR } = changes;
    const signature = await owner.signTypedData({
      domain: { name, version: '1', chainId, verifyingContract: AT },
      types,
      primaryType: 'Permit',
      message: { owner: owner.address, spender: BOB, value: 5n, nonce, deadline },
    });
    const v = Number.parseInt(signature.slice(-2), 16);
    return { v, r: signature.slice(0, 66) as Hex, s: `0x${signature.slice(66, 130)}` as Hex }; // 65 bytes of hex
  }

  const permit = ({ v, r, s }: { v: number; r: Hex; s: Hex }, deadline = FAR) =>
    send(BOB, 'permit', [owner.address, BOB, 5n, deadline, v, r, s]);

  beforeEach(async () => {
    await lane.deliver(announcement());
  });

  it('gives the allowance it names, once', async () => {
    const signature = await sign();
    expect(await permit(signature)).toMatchObject({ isSuccess: true });
    expect(await read('allowance', [owner.address, BOB])).toBe(5n);
    expect(await read('nonces', [owner.address])).toBe(1n);
    expect(errorOf(await permit(signature))).toBe('PermitNotByOwner');
    expect(await permit(await sign({ nonce: 1n }))).toMatchObject({ isSuccess: true });
  });

  it.each([
    ['another name', { name: 'Engram token #7' }],
    ['another chain', { chainId: 1 }],
    ['another nonce', { nonce: 1n }],
  ])('of %s does not count', async (_name, changes) => {
    expect(errorOf(await permit(await sign(changes)))).toBe('PermitNotByOwner');
  });

  it('does not count after its deadline, nor with a signature of the other half', async () => {
    expect(errorOf(await permit(await sign({ deadline: 1n }), 1n))).toBe('PermitExpired');
    const { v, r, s } = await sign();
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const high: Hex = `0x${(order - BigInt(s)).toString(16).padStart(64, '0')}`;
    expect(errorOf(await permit({ v: v === 27 ? 28 : 27, r, s: high }))).toBe('ECDSAInvalidSignatureS');
  });

  it("is for the domain that ERC-5267 tells, which is DOMAIN_SEPARATOR's", async () => {
    const [fields, name, version, chainId, contract] = (await read('eip712Domain')) as unknown[];
    expect([fields, name, version, chainId]).toEqual(['0x0f', 'Compute', '1', 7_171n]);
    expect(String(contract).toLowerCase()).toBe(AT);
    const domain = { name: 'Compute', version: '1', chainId: 7_171n, verifyingContract: AT };
    const domainTypes = {
      EIP712Domain: [
        { name: 'name', type: 'string' },
        { name: 'version', type: 'string' },
        { name: 'chainId', type: 'uint256' },
        { name: 'verifyingContract', type: 'address' },
      ],
    } as const;
    expect(await read('DOMAIN_SEPARATOR')).toBe(hashDomain({ domain, types: domainTypes }));
  });
});
