import {
  createAccessList2930Tx,
  createEOACode7702Tx,
  createFeeMarket1559Tx,
  createLegacyTx,
  type TypedTransaction,
} from '@ethereumjs/tx';
import { Address, type EOACode7702AuthorizationListBytesItem, eoaCode7702SignAuthorization } from '@ethereumjs/util';
import secp256k1 from 'secp256k1';
import { EngramCommon } from '../../../chain/evm/common.ts';
import { bytesHex, keccak } from '../../../chain/evm/crypto.ts';
import type { Hex } from '../../../protocol/lane/types.ts';

export const CHAIN_ID = 7001n;
export const common = new EngramCommon(CHAIN_ID);

/** A key of its own for every number from 1. */
export class Wallet {
  readonly key: Uint8Array;
  readonly address: Hex;

  constructor(number: number) {
    this.key = new Uint8Array(32);
    new DataView(this.key.buffer).setUint32(28, number);
    this.address = bytesHex(keccak(secp256k1.publicKeyCreate(this.key, false).subarray(1)).subarray(12));
  }

  /** Natively: EthereumJS's own takes a millisecond. */
  sign(tx: TypedTransaction): TypedTransaction {
    const { signature, recid } = secp256k1.ecdsaSign(tx.getHashedMessageToSign(), this.key);
    return tx.addSignature(BigInt(recid), signature.slice(0, 32), signature.slice(32), true);
  }
}

export interface TestTx {
  readonly nonce?: number | bigint;
  readonly feeCap?: bigint;
  readonly tip?: bigint;
  readonly gas?: bigint;
  readonly value?: bigint;
  /** Undefined: creates a contract. */
  readonly to?: Hex | undefined;
  readonly data?: Uint8Array;
  readonly common?: EngramCommon;
}

export const SOMEBODY: Hex = '0x1111111111111111111111111111111111111111';

function fields(tx: TestTx) {
  const to = 'to' in tx ? tx.to : SOMEBODY;
  return {
    nonce: tx.nonce ?? 0,
    gasLimit: tx.gas ?? 21_000n,
    value: tx.value ?? 0n,
    data: tx.data ?? new Uint8Array(),
    ...(to === undefined ? {} : { to: new Address(Buffer.from(to.slice(2), 'hex')) }),
  };
}

function options(tx: TestTx) {
  return { common: tx.common ?? common, allowUnlimitedInitCodeSize: true };
}

export function feeTx(wallet: Wallet, tx: TestTx = {}): TypedTransaction {
  const maxFeePerGas = tx.feeCap ?? 1_000n;
  const maxPriorityFeePerGas = tx.tip ?? maxFeePerGas;
  const data = { ...fields(tx), maxFeePerGas, maxPriorityFeePerGas };
  return wallet.sign(createFeeMarket1559Tx(data, options(tx)));
}

/** EIP-2718 bytes of a type 2 transaction. */
export function rawTx(wallet: Wallet, tx: TestTx = {}): Uint8Array {
  return feeTx(wallet, tx).serialize();
}

export function legacyTx(wallet: Wallet, tx: TestTx = {}): TypedTransaction {
  return wallet.sign(createLegacyTx({ ...fields(tx), gasPrice: tx.feeCap ?? 1_000n }, options(tx)));
}

export function accessListTx(wallet: Wallet, tx: TestTx = {}): TypedTransaction {
  const accessList = [{ address: SOMEBODY, storageKeys: [`0x${'00'.repeat(31)}07` as const] }];
  const data = { ...fields(tx), gasPrice: tx.feeCap ?? 1_000n, accessList };
  return wallet.sign(createAccessList2930Tx(data, options(tx)));
}

export function authorization(
  authority: Wallet,
  { nonce = 0, chainId = CHAIN_ID }: { nonce?: number; chainId?: bigint } = {},
): EOACode7702AuthorizationListBytesItem {
  const hex = (value: bigint): Hex => (value === 0n ? '0x' : `0x${value.toString(16)}`);
  return eoaCode7702SignAuthorization(
    { chainId: hex(chainId), address: SOMEBODY, nonce: hex(BigInt(nonce)) },
    authority.key,
  );
}

export function delegatingTx(
  wallet: Wallet,
  authorizationList: readonly EOACode7702AuthorizationListBytesItem[],
  tx: TestTx = {},
): TypedTransaction {
  const maxFeePerGas = tx.feeCap ?? 1_000n;
  const gas = tx.gas ?? 21_000n + 25_000n * BigInt(authorizationList.length);
  const data = {
    ...fields({ ...tx, gas }),
    maxFeePerGas,
    maxPriorityFeePerGas: tx.tip ?? maxFeePerGas,
    authorizationList: [...authorizationList],
  };
  return wallet.sign(createEOACode7702Tx(data, options(tx)));
}
