import type { BlockHeader } from '@ethereumjs/block';
import { keccakWords } from '../../protocol/crypto/keccak.ts';
import { ACCOUNT_LIMIT } from '../../protocol/ids.ts';
import { evmOutputHash } from '../../protocol/lane/evmCommitment.ts';
import type { EngramCommon } from '../evm/common.ts';
import { bytesHex } from '../evm/crypto.ts';
import { decodeLaneHeader } from '../evm/laneHeader.ts';
import { invalid } from './invalid.ts';
import type { SnapshotImportOptions } from './snapshotImport.ts';
import { MAX_CHUNK_BYTES } from './types.ts';

const DEFAULT_MAX_BYTES = 8 * 2 ** 30;
const MAX_WITHDRAWALS = 2n ** 32n;

/**
 * What a manifest says of the batch against what L1 says: header, outcome and posted data must have the commitment that L1 has.
 * @returns the header of the batch's last block
 * @throws ChainError SNAPSHOT_INVALID
 */
export function checkManifest(
  { manifest, facts, domain, maxBytes = DEFAULT_MAX_BYTES }: SnapshotImportOptions,
  { common, genesis }: { common: EngramCommon; genesis: BlockHeader },
): BlockHeader {
  const { outboxRoot, outboxCount, inboxCount, dataHash, chunks, bytes } = manifest;
  if (manifest.domain !== domain) throw invalid('domain');
  if (manifest.genesisHash !== bytesHex(genesis.hash())) throw invalid('block 0');
  if (manifest.batch !== facts.number) throw invalid('batch', { batch: manifest.batch, expected: facts.number });
  if (bytes > maxBytes) throw invalid('size', { bytes, maxBytes });
  if (bytes > chunks.length * MAX_CHUNK_BYTES || manifest.accounts >= ACCOUNT_LIMIT || outboxCount > MAX_WITHDRAWALS) {
    throw invalid('counts');
  }
  const header = headerOf(manifest.header, common);
  if (header.number !== facts.lastBlock) throw invalid('number of the block');
  const output = { blockHash: bytesHex(header.hash()), outboxRoot, outboxCount, inboxCount };
  if (dataHash !== facts.dataHash) throw invalid('hash of the posted data');
  const commitment = keccakWords([evmOutputHash(output), BigInt(dataHash)]);
  if (commitment !== facts.evmCommitment) throw invalid('commitment of the EVM lane');
  return header;
}

function headerOf(bytes: Uint8Array, common: EngramCommon): BlockHeader {
  try {
    return decodeLaneHeader(bytes, common);
  } catch (cause) {
    throw invalid('header', {}, { cause });
  }
}
