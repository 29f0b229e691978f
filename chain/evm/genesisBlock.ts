import type { BlockHeader } from '@ethereumjs/block';
import { Address, KECCAK256_NULL, KECCAK256_RLP } from '@ethereumjs/util';
import type { GenesisState } from '../../genesis/spec.ts';
import { EMPTY_ROOT } from '../../protocol/tree.ts';
import type { Field } from '../../protocol/types.ts';
import { type DbOp, putBytes } from '../db.ts';
import type { EngramCommon } from './common.ts';
import { hexBytes, keccak } from './crypto.ts';
import { wordBytes } from './fast/words.ts';
import { laneHeader } from './laneHeader.ts';
import { type AccountRecord, encodeAccount } from './state/accountRecord.ts';
import { nodeDbKey } from './state/nodeStore.ts';
import { encodeBytes } from './state/rlpWriter.ts';
import { codeDbKey } from './state/stateStore.ts';
import type { NodeKey } from './state/trieNode.ts';
import { EMPTY_TRIE_ROOT, type NodeWrite, type TrieItem, TrieUpdate } from './state/trieUpdate.ts';

export interface GenesisBlock {
  readonly header: BlockHeader;
  readonly nodes: ReadonlyMap<NodeKey, NodeWrite>;
  readonly codes: readonly Uint8Array[];
}

/** Block 0 (docs/protocol.md section 8): the state of the chain spec, the empty ledger, the domain in the place of a ledger hash. */
export function genesisBlock(
  genesis: GenesisState,
  { domain, common }: { domain: Field; common: EngramCommon },
): GenesisBlock {
  const nodes = new Map<NodeKey, NodeWrite>();
  const codes: Uint8Array[] = [];
  const items = genesis.accounts.map(({ address, balance, nonce, code, storage }): TrieItem => {
    if (code.length > 0) codes.push(code);
    const slots = storage.flatMap(([slot, value]): TrieItem[] => {
      const bytes = hexBytes(value);
      const first = bytes.findIndex((byte) => byte !== 0);
      return first < 0 ? [] : [{ key: keccak(hexBytes(slot)), value: encodeBytes(bytes.slice(first)) }];
    });
    const record: AccountRecord = {
      nonce: BigInt(nonce),
      balance,
      storageRoot: slots.length === 0 ? KECCAK256_RLP : freshTrie(slots, nodes),
      codeHash: code.length === 0 ? KECCAK256_NULL : keccak(code),
    };
    return { key: keccak(hexBytes(address)), value: encodeAccount(record) };
  });
  const header = laneHeader(
    {
      parentHash: new Uint8Array(32),
      coinbase: new Address(new Uint8Array(20)),
      stateRoot: freshTrie(items, nodes),
      transactionsTrie: EMPTY_TRIE_ROOT,
      receiptTrie: EMPTY_TRIE_ROOT,
      logsBloom: new Uint8Array(256),
      number: 0n,
      gasLimit: genesis.gasLimit,
      gasUsed: 0n,
      timestamp: BigInt(genesis.timestamp),
      extraData: wordBytes(EMPTY_ROOT),
      baseFeePerGas: genesis.baseFeePerGas,
      parentBeaconBlockRoot: wordBytes(domain),
    },
    common,
  );
  return { header, nodes, codes };
}

function freshTrie(items: readonly TrieItem[], nodes: Map<NodeKey, NodeWrite>): Uint8Array {
  if (items.length === 0) return EMPTY_TRIE_ROOT;
  return new TrieUpdate(() => undefined).apply(EMPTY_TRIE_ROOT, items, nodes);
}

/** Nodes and code as they are written. */
export function stateWrites(nodes: ReadonlyMap<NodeKey, NodeWrite>, codes: Iterable<Uint8Array>): DbOp[] {
  const ops: DbOp[] = [];
  for (const [key, { bytes }] of nodes) ops.push(putBytes(nodeDbKey(key), bytes));
  for (const code of codes) ops.push(putBytes(codeDbKey(keccak(code)), code));
  return ops;
}
