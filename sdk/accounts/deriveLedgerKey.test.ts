import { type Account, type Chain, createWalletClient, custom, type Transport, type WalletClient } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { bytesToHex } from '../../protocol/bytes.ts';
import { isOnCurve } from '../../protocol/crypto/babyjub.ts';
import { deriveLedgerKey, ledgerKeyTypedData, seedFromSignature } from './deriveLedgerKey.ts';

const owner = privateKeyToAccount(`0x${'11'.repeat(32)}`);
const other = privateKeyToAccount(`0x${'22'.repeat(32)}`);
const bridge = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
const scope = { l1ChainId: 31_337, rollup: bridge } as const;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function walletOf(account: Account): WalletClient<Transport, Chain | undefined, Account> {
  const transport = custom({ request: () => Promise.reject(new RangeError('no L1 is asked')) });
  return createWalletClient({ account, transport });
}

/** A wallet of `owner` whose answers are changed on the way. */
function answering(change: (signature: `0x${string}`, call: number) => Promise<`0x${string}`>): PrivateKeyAccount {
  let call = 0;
  return {
    ...owner,
    signTypedData: async (data) => change(await owner.signTypedData(data), call++),
  } as PrivateKeyAccount;
}

describe('a ledger key from an Ethereum wallet', () => {
  it('is the same each time', async () => {
    const [one, two] = [await deriveLedgerKey(walletOf(owner), scope), await deriveLedgerKey(walletOf(owner), scope)];
    expect(one.key).toEqual(two.key);
    expect(isOnCurve(one.key)).toBe(true);
    // a change of text or derivation would lose users their keys
    expect(bytesToHex(one.seed)).toMatchInlineSnapshot(
      `"8fd5d1581e2b8cfd6c1dfe4652994b841fccdcf4fb246f5ea2bd47b30b666afe"`,
    );
  });

  it('differs for each wallet, chain, bridge and key number', async () => {
    const rollup = '0x00000000000000000000000000000000000000b1';
    const accounts = [
      await deriveLedgerKey(walletOf(owner), scope),
      await deriveLedgerKey(walletOf(other), scope),
      await deriveLedgerKey(walletOf(owner), { ...scope, l1ChainId: 1 }),
      await deriveLedgerKey(walletOf(owner), { ...scope, rollup }),
      await deriveLedgerKey(walletOf(owner), { ...scope, keyNumber: 1 }),
    ];
    expect(new Set(accounts.map(({ packedKey }) => packedKey)).size).toBe(accounts.length);
  });

  it('is asked for with a text that names chain and bridge and warns', () => {
    const { domain, message } = ledgerKeyTypedData(scope);
    expect(domain).toMatchObject({ chainId: 31_337, verifyingContract: bridge });
    expect(message).toMatchObject({ l1ChainId: 31_337n, bridge });
    expect(message.warning).toContain('never anywhere else');
  });

  it('does not depend on how the wallet writes the signature', async () => {
    const signature = await owner.signTypedData(ledgerKeyTypedData(scope));
    const [r, s, v] = [signature.slice(2, 66), signature.slice(66, 130), Number.parseInt(signature.slice(130), 16)];
    const high = (N - BigInt(`0x${s}`)).toString(16).padStart(64, '0');
    const compact = (BigInt(`0x${s}`) | (BigInt(v - 27) << 255n)).toString(16).padStart(64, '0');
    const seed = seedFromSignature(signature);
    expect(seedFromSignature(`0x${r}${s}0${v - 27}`)).toEqual(seed);
    expect(seedFromSignature(`0x${r}${high}${(55 - v).toString(16)}`)).toEqual(seed);
    expect(seedFromSignature(`0x${r}${compact}`)).toEqual(seed);
  });

  it('keeps its seed out of logs and JSON', async () => {
    const account = await deriveLedgerKey(walletOf(owner), scope);
    expect(Object.keys(account)).not.toContain('seed');
  });

  it('is asked for once if it is one of the keys known, and twice if it is a new one', async () => {
    const { key } = await deriveLedgerKey(walletOf(owner), scope);
    const { key: foreign } = await deriveLedgerKey(walletOf(other), scope);
    for (const [knownKeys, expected] of [
      [[foreign, key], 1],
      // anybody can give an address an account of another key: that is no reason to refuse
      [[foreign], 2],
      [[], 2],
    ] as const) {
      let asked = 0;
      const wallet = walletOf(
        answering(async (signature) => {
          asked += 1;
          return signature;
        }),
      );
      expect((await deriveLedgerKey(wallet, { ...scope, knownKeys })).key).toEqual(key);
      expect(asked).toBe(expected);
    }
  });

  it('is refused to a wallet that signs differently each time', async () => {
    // what a threshold signer with fresh nonces does: another valid signature of the same text
    const wallet = walletOf(
      answering((signature, call) =>
        call === 0 ? Promise.resolve(signature) : owner.signTypedData(ledgerKeyTypedData({ ...scope, keyNumber: 9 })),
      ),
    );
    await expect(deriveLedgerKey(wallet, scope)).rejects.toMatchObject({ code: 'NOT_DETERMINISTIC' });
  });

  it('is refused to a wallet that signs with another key, or not by ECDSA', async () => {
    const foreign = walletOf(answering(() => other.signTypedData(ledgerKeyTypedData(scope))));
    await expect(deriveLedgerKey(foreign, scope)).rejects.toMatchObject({ code: 'SIGNATURE_UNSUPPORTED' });
    const contract = walletOf(answering(async (signature) => `${signature}${'00'.repeat(64)}`));
    await expect(deriveLedgerKey(contract, scope)).rejects.toMatchObject({ code: 'SIGNATURE_UNSUPPORTED' });
    const garbage = walletOf(answering(async () => `0x${'00'.repeat(64)}ff`));
    await expect(deriveLedgerKey(garbage, scope)).rejects.toMatchObject({ code: 'SIGNATURE_UNSUPPORTED' });
  });

  it('is checked against the key expected, with one signature', async () => {
    const { key } = await deriveLedgerKey(walletOf(owner), scope);
    let calls = 0;
    const wallet = walletOf(
      answering((signature) => {
        calls += 1;
        return Promise.resolve(signature);
      }),
    );
    expect((await deriveLedgerKey(wallet, { ...scope, expectedKey: key })).key).toEqual(key);
    expect(calls).toBe(1);
    const stranger = deriveLedgerKey(walletOf(other), { ...scope, expectedKey: key });
    await expect(stranger).rejects.toMatchObject({ code: 'KEY_MISMATCH' });
  });
});
