import type { PublicClient } from 'viem';
import type { RollupReader } from '../../bridge/client/interface.ts';
import { unpackState } from '../../protocol/account.ts';
import { field } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { verifyAccountProof } from '../../protocol/tree.ts';
import type { Account, AccountIndex, Field } from '../../protocol/types.ts';
import { SdkError } from '../errors.ts';
import { type AnyClient, request } from '../request.ts';
import { l1Reader } from './l1Reader.ts';

/** An account as of a batch that is proven on L1; undefined: nothing is at this index. */
export interface ProvenAccount {
  readonly index: AccountIndex;
  readonly account: Account | undefined;
  readonly batch: number;
  readonly root: Field;
}

/**
 * Reads an account without trusting the node: its Merkle path must lead to a root that L1 has proven. `l1` is a viem public client of L1.
 * @throws SdkError BAD_ANSWER: the node's proof does not lead to L1's root; NodeUnavailableError; BridgeError
 */
export async function getProvenAccount(client: AnyClient, l1: PublicClient, index: number): Promise<ProvenAccount> {
  return provenAccount(client, await l1Reader(client.chain, l1), index);
}

/** The same with a reader at hand. */
export async function provenAccount(client: AnyClient, reader: RollupReader, index: number): Promise<ProvenAccount> {
  const at = accountIndex(index);
  const wire = await request(client, 'engram_getAccountProof', [at, 'proven']);
  const batch = wire.batch ?? 0;
  const root = await rootOnL1(reader, batch);
  const { leaf } = wire;
  const account = leaf && {
    ...unpackState(BigInt(leaf.state)),
    a: field(BigInt(leaf.a)),
    b: field(BigInt(leaf.b)),
    c: field(BigInt(leaf.c)),
  };
  const children = wire.children.map((group) => group.map((word) => field(BigInt(word))));
  if (!verifyAccountProof({ root, index: at, account, children }, root)) {
    throw new SdkError('BAD_ANSWER', 'the node’s proof does not lead to the root on L1', { index, batch });
  }
  return { index: at, account, batch, root };
}

/** New root of a batch that L1 has proven. @throws SdkError BAD_ANSWER */
async function rootOnL1(reader: RollupReader, batch: number): Promise<Field> {
  const { proven } = await reader.state();
  if (batch > proven.batch) throw new SdkError('BAD_ANSWER', `batch ${batch} is not proven on L1`, { batch });
  if (batch === proven.batch) return proven.root;
  if (batch === 0) return (await reader.parameters()).genesisRoot;
  return (await reader.readBatch(batch)).header.newRoot;
}
