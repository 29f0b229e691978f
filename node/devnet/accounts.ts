import { bytesToHex, stringToBytes, toHex } from 'viem';
import { mnemonicToAccount, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { DEV_MNEMONIC } from '../../bridge/deploy/localL1.ts';
import { bigintToBytes } from '../../protocol/bytes.ts';
import { packPoint } from '../../protocol/crypto/babyjub.ts';
import { publicKey } from '../../protocol/crypto/eddsa.ts';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import type { Point } from '../../protocol/types.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';

/** A person of the devnet. All its secrets follow from public text: worthless anywhere else. */
export interface DevAccount {
  readonly name: DevName;
  readonly l1Key: Hex;
  readonly l1: PrivateKeyAccount;
  /** 32 bytes; the ledger key follows from it. */
  readonly seed: Uint8Array;
  readonly seedHex: Hex;
  readonly key: Point;
  readonly packedKey: Hex;
}

/** Position in anvil's list of funded accounts. */
const NAMES = ['deployer', 'sequencer', 'fees', 'alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace'] as const;
export type DevName = (typeof NAMES)[number];
export const DEV_ACCOUNT_COUNT = NAMES.length;

export function devAccount(name: DevName): DevAccount {
  const l1Key = devL1Key(NAMES.indexOf(name));
  const seed = bigintToBytes(keccak256(stringToBytes(`engram devnet ledger key of ${name}`)), 32);
  const key = publicKey(seed);
  return {
    name,
    l1Key,
    l1: privateKeyToAccount(l1Key),
    seed,
    seedHex: bytesToHex(seed),
    key,
    packedKey: bytesToHex(packPoint(key)),
  };
}

/** A validator, prover or other helper of a devnet of processes: an L1 account that anvil funds, after those of the people. */
export interface DevOperator {
  readonly l1Key: Hex;
  readonly l1: PrivateKeyAccount;
}

/** @param position from 0; anvil must fund `DEV_ACCOUNT_COUNT + position + 1` accounts */
export function devOperator(position: number): DevOperator {
  const l1Key = devL1Key(DEV_ACCOUNT_COUNT + position);
  return { l1Key, l1: privateKeyToAccount(l1Key) };
}

function devL1Key(addressIndex: number): Hex {
  const key = mnemonicToAccount(DEV_MNEMONIC, { addressIndex }).getHdKey().privateKey;
  if (key === null) throw new RangeError(`no development account ${addressIndex}`);
  return toHex(key);
}
