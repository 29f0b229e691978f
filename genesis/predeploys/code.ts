import {
  DATA_ESCROW,
  INBOX,
  ORACLE,
  OUTBOX,
  TOKEN_FACTORY,
  TOKEN_IMPLEMENTATION,
} from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { artifact } from '../compiler.ts';
import { GenesisError } from '../errors.ts';
import { keccakHex } from '../hash.ts';
import { BEACON_ROOTS, BLOCK_HASHES } from '../systemContracts.ts';
import { buildPredeploys } from './build.ts';

export interface PredeployCode {
  readonly name: string;
  readonly address: Hex;
  readonly code: Hex;
  readonly codeHash: Hex;
}

const OWN = [
  ['Inbox', INBOX],
  ['Outbox', OUTBOX],
  ['TokenFactory', TOKEN_FACTORY],
  ['BridgedToken', TOKEN_IMPLEMENTATION],
  ['DataEscrow', DATA_ESCROW],
  ['Oracle', ORACLE],
] as const;

const STANDARD = [
  ['BeaconRoots', BEACON_ROOTS],
  ['BlockHashes', BLOCK_HASHES],
] as const;

/** Every contract that block 0 holds, as this program builds it. @throws GenesisError CODE_INCOMPLETE, COMPILE_FAILED */
export async function predeployCodes(): Promise<readonly PredeployCode[]> {
  const artifacts = await buildPredeploys();
  const own = OWN.map(([name, address]) => {
    const { runtime, hasImmutables } = artifact(artifacts, name);
    if (hasImmutables) throw new GenesisError('CODE_INCOMPLETE', { name });
    return { name, address, code: runtime };
  });
  const standard = STANDARD.map(([name, contract]) => ({ name, ...contract }));
  return [...own, ...standard].map((each) => ({ ...each, codeHash: keccakHex(each.code) }));
}
