import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesToHex, prefixedHex } from '../protocol/bytes.ts';
import { INBOX, OUTBOX, PRECOMPILES, SYSTEM_SENDER, TOKEN_FACTORY } from '../protocol/lane/addresses.ts';
import { keccakHex } from './hash.ts';
import { EMPTY_OUTBOX_ROOT, OUTBOX_ROOT_SLOT } from './predeploys/outbox.ts';
import { genesisState, loadSpec } from './spec.ts';
import { parseSpec } from './specSchema.ts';

const DEVNET = fileURLToPath(new URL('specs/devnet.json', import.meta.url));
const RICH = { address: `0x${'ab'.repeat(20)}`, balance: '5' };
const WORD = `0x${'01'.padStart(64, '0')}`;

let json: Record<string, unknown> & { predeploys: Record<string, unknown>[] };
let folder: string;
beforeAll(async () => {
  json = JSON.parse(await readFile(DEVNET, 'utf8'));
  folder = await mkdtemp(join(tmpdir(), 'engram-spec-'));
});
afterAll(() => rm(folder, { recursive: true }));

const stateOf = (changes: Record<string, unknown>) => genesisState(parseSpec({ ...json, ...changes }));

describe('the devnet', () => {
  it("has Prague's rules, no money, and every contract of the protocol with the code its spec names", async () => {
    const spec = await loadSpec('devnet');
    expect(spec).toMatchObject({
      l2ChainId: 7_171n,
      gasLimit: 120_000_000n,
      baseFeePerGas: 10_000_000n,
      isUnbacked: false,
    });
    const state = await genesisState(spec);
    expect(state).toMatchObject({ chainId: 7_171n, gasLimit: 120_000_000n, baseFeePerGas: 10_000_000n });
    const byAddress = new Map(state.accounts.map((account) => [account.address, account]));
    expect(byAddress.size).toBe(state.accounts.length);
    expect(state.accounts.map(({ address }) => address)).toEqual([...byAddress.keys()].sort());
    for (const { address, codeHash } of spec.predeploys) {
      const account = byAddress.get(address);
      expect(account).toMatchObject({ nonce: 1n, balance: 0n });
      expect(keccakHex(prefixedHex(account?.code ?? new Uint8Array()))).toBe(codeHash);
    }
    for (const address of PRECOMPILES) {
      expect(byAddress.get(address)).toEqual({
        address,
        nonce: 1n,
        balance: 0n,
        code: Uint8Array.of(0xfe),
        storage: [],
      });
    }
    for (const address of [INBOX, TOKEN_FACTORY]) expect(byAddress.get(address)?.storage).toEqual([]);
    expect(byAddress.get(OUTBOX)?.storage).toEqual([[OUTBOX_ROOT_SLOT, EMPTY_OUTBOX_ROOT]]);
    expect(byAddress.has(SYSTEM_SENDER)).toBe(false);
  });

  it('is the same when it is built again, and from a path', async () => {
    expect(await genesisState(await loadSpec(DEVNET))).toEqual(await genesisState(await loadSpec('devnet')));
  });

  it('has the contracts of EIP-4788 and EIP-2935 as Ethereum has them', async () => {
    const { accounts } = await genesisState(await loadSpec('devnet'));
    const hashOf = (address: string) =>
      keccakHex(`0x${bytesToHex(accounts.find((each) => each.address === address)?.code ?? new Uint8Array())}`);
    // The code hashes on Ethereum's mainnet.
    expect(hashOf('0x000f3df6d732807ef1319fb7b8bb8522d0beac02')).toBe(
      '0xf57acd40259872606d76197ef052f3d35588dadf919ee1f0e3cb9b62d3f4b02c',
    );
    expect(hashOf('0x0000f90827f1c53a10cb7a02335b175320002935')).toBe(
      '0x6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d',
    );
  });
});

describe('a spec file', () => {
  it.each(['no-such-spec', '/no/such/file.json'])('%s is not found', async (name) => {
    await expect(loadSpec(name)).rejects.toMatchObject({ code: 'SPEC_NOT_FOUND' });
  });

  it('has to be JSON', async () => {
    const path = join(folder, 'text.json');
    await writeFile(path, 'devnet');
    await expect(loadSpec(path)).rejects.toMatchObject({ code: 'SPEC_NOT_JSON', data: { path } });
  });

  it.each([
    ['another version', { version: 2 }, 'SPEC_VERSION', 'version'],
    ['another fork', { hardfork: 'osaka' }, 'SPEC_HARDFORK', 'hardfork'],
    ['no version', { version: undefined }, 'SPEC_INVALID', 'version'],
    ['no fork', { hardfork: undefined }, 'SPEC_INVALID', 'hardfork'],
    ['an unknown member', { blobs: true }, 'SPEC_INVALID', 'blobs'],
    ['no chain id', { l2ChainId: undefined }, 'SPEC_INVALID', 'l2ChainId'],
    ['chain id 0', { l2ChainId: 0 }, 'SPEC_INVALID', 'l2ChainId'],
    ['a chain id in text', { l2ChainId: '7171' }, 'SPEC_INVALID', 'l2ChainId'],
    ['a chain id that JSON cannot carry', { l2ChainId: 2 ** 53 }, 'SPEC_INVALID', 'l2ChainId'],
    ['half a second', { timestamp: 0.5 }, 'SPEC_INVALID', 'timestamp'],
    ['a gas limit that 16 messages use up', { gasLimit: 24_000_000 }, 'SPEC_INVALID', 'gasLimit'],
    ['a base fee that cannot rise', { baseFeePerGas: 7 }, 'SPEC_INVALID', 'baseFeePerGas'],
    [
      'an address of 19 bytes',
      { accounts: [{ ...RICH, address: `0x${'ab'.repeat(19)}` }] },
      'SPEC_INVALID',
      'accounts.0.address',
    ],
    ['a balance as a number', { accounts: [{ ...RICH, balance: 5 }] }, 'SPEC_INVALID', 'accounts.0.balance'],
    [
      'a balance of 40 digits',
      { accounts: [{ ...RICH, balance: '9'.repeat(40) }] },
      'SPEC_INVALID',
      'accounts.0.balance',
    ],
    ['a negative balance', { accounts: [{ ...RICH, balance: '-1' }] }, 'SPEC_INVALID', 'accounts.0.balance'],
    [
      'code over EIP-170',
      { accounts: [{ ...RICH, code: `0x${'00'.repeat(24_577)}` }] },
      'SPEC_INVALID',
      'accounts.0.code',
    ],
    ['half a byte of code', { accounts: [{ ...RICH, code: '0x0' }] }, 'SPEC_INVALID', 'accounts.0.code'],
    ['a short slot', { accounts: [{ ...RICH, storage: { '0x01': WORD } }] }, 'SPEC_INVALID', 'accounts.0.storage.0x01'],
    [
      'a zero stored',
      { accounts: [{ ...RICH, storage: { [WORD]: `0x${'0'.repeat(64)}` } }] },
      'SPEC_INVALID',
      `accounts.0.storage.${WORD}`,
    ],
    ['an unknown member of an account', { accounts: [{ ...RICH, secret: 1 }] }, 'SPEC_INVALID', 'accounts.0.secret'],
    ['not an object', { accounts: 'none' }, 'SPEC_INVALID', 'accounts'],
  ])('is refused: %s', (_name, changes, code, field) => {
    expect(() => parseSpec({ ...json, ...changes })).toThrow(
      expect.objectContaining({ code, data: expect.objectContaining({ field }) }),
    );
  });

  it.each([null, 1, 'devnet', []])('is refused: %j', (value) => {
    expect(() => parseSpec(value)).toThrow(expect.objectContaining({ code: 'SPEC_INVALID' }));
  });
});

describe('predeploys', () => {
  const change = (position: number, fields: object) => ({
    predeploys: json.predeploys.map((entry, i) => (i === position ? { ...entry, ...fields } : entry)),
  });

  it('with other code are refused, naming both hashes', async () => {
    await expect(stateOf(change(1, { codeHash: WORD }))).rejects.toMatchObject({
      code: 'CODE_HASH_MISMATCH',
      data: { field: 'predeploys.1.codeHash', name: 'Outbox', expected: WORD, built: json.predeploys[1]?.codeHash },
    });
  });

  it('at other places are refused', async () => {
    await expect(stateOf(change(0, { address: RICH.address }))).rejects.toMatchObject({
      code: 'PREDEPLOY_MISMATCH',
      data: { field: 'predeploys.0.address', name: 'Inbox' },
    });
  });

  it('that are missing, unknown or there twice are refused', async () => {
    const [first, ...others] = json.predeploys;
    await expect(stateOf({ predeploys: others })).rejects.toMatchObject({
      code: 'PREDEPLOY_MISMATCH',
      data: { missing: 'Inbox' },
    });
    const stranger = { name: 'Backdoor', address: RICH.address, codeHash: WORD };
    await expect(stateOf({ predeploys: [...json.predeploys, stranger] })).rejects.toMatchObject({
      code: 'PREDEPLOY_MISMATCH',
      data: { unknown: 'Backdoor', field: `predeploys.${json.predeploys.length}` },
    });
    await expect(stateOf({ predeploys: [...json.predeploys, first] })).rejects.toMatchObject({
      code: 'PREDEPLOY_MISMATCH',
    });
  });
});

describe('accounts', () => {
  it('hold money only where the spec says that nothing backs it', async () => {
    await expect(stateOf({ accounts: [RICH] })).rejects.toMatchObject({
      code: 'UNBACKED_BALANCE',
      data: { field: 'accounts.0.balance', balance: 5n },
    });
    const state = await stateOf({ accounts: [RICH], isUnbacked: true });
    expect(state.accounts).toContainEqual({
      address: RICH.address,
      balance: 5n,
      nonce: 0n,
      code: new Uint8Array(),
      storage: [],
    });
  });

  it('may bring code and storage without money', async () => {
    const state = await stateOf({
      accounts: [
        { address: RICH.address.toUpperCase().replace('0X', '0x'), nonce: 1, code: '0x00', storage: { [WORD]: WORD } },
      ],
    });
    expect(state.accounts).toContainEqual({
      address: RICH.address,
      balance: 0n,
      nonce: 1n,
      code: Uint8Array.of(0),
      storage: [[WORD, WORD]],
    });
  });

  it('that are empty are refused: Ethereum would remove them', async () => {
    await expect(stateOf({ accounts: [{ address: RICH.address, storage: { [WORD]: WORD } }] })).rejects.toMatchObject({
      code: 'ACCOUNT_EMPTY',
    });
  });

  it.each([
    ...PRECOMPILES,
    INBOX,
    OUTBOX,
    SYSTEM_SENDER,
    '0x456e6772616d0000000000000000000000000077',
    '0x000f3df6d732807ef1319fb7b8bb8522d0beac02',
  ])('at an address of the protocol are refused: %s', async (address) => {
    await expect(stateOf({ accounts: [{ address, nonce: 1 }] })).rejects.toMatchObject({
      code: 'ACCOUNT_CONFLICT',
      data: { field: 'accounts.0' },
    });
  });

  it('twice at one address are refused', async () => {
    const account = { address: RICH.address, nonce: 1 };
    await expect(stateOf({ accounts: [account, account] })).rejects.toMatchObject({
      code: 'ACCOUNT_CONFLICT',
      data: { field: 'accounts.1' },
    });
  });
});
