import { EvmError } from '../../chain/evm/errors.ts';
import { RlpCursor, RlpWriter } from '../../chain/evm/rlp.ts';
import { bigintToBytes, bytesToBigint, wordHex } from '../../protocol/bytes.ts';
import type { Hex } from '../../protocol/lane/types.ts';

/** What a node says of itself (docs/protocol.md section 16). Nobody has to believe it. */
export interface PeerStatus {
  readonly genesisHash: Hex;
  readonly head: bigint;
  readonly headHash: Hex;
  readonly closedBatch: number;
  readonly committed: number;
  readonly proven: number;
  /** 0: it has no snapshot. */
  readonly snapshotBatch: number;
}

const MAX = Number.MAX_SAFE_INTEGER;

export function encodeStatus(status: PeerStatus): Uint8Array {
  const writer = new RlpWriter();
  writer.list(() => {
    writer.bytes(bigintToBytes(BigInt(status.genesisHash), 32));
    writer.integer(Number(status.head));
    writer.bytes(bigintToBytes(BigInt(status.headHash), 32));
    for (const number of [status.closedBatch, status.committed, status.proven, status.snapshotBatch]) {
      writer.integer(number);
    }
  });
  return writer.finish();
}

/** @throws EvmError BAD_EVM_DATA */
export function decodeStatus(bytes: Uint8Array): PeerStatus {
  const outer = new RlpCursor(bytes);
  const list = outer.list();
  const status = {
    genesisHash: hash(list),
    head: BigInt(list.integer(MAX)),
    headHash: hash(list),
    closedBatch: list.integer(MAX),
    committed: list.integer(MAX),
    proven: list.integer(MAX),
    snapshotBatch: list.integer(MAX),
  };
  list.end();
  outer.end();
  return status;
}

function hash(list: RlpCursor): Hex {
  const bytes = list.bytes();
  if (bytes.length !== 32) throw new EvmError('BAD_EVM_DATA', { reason: 'no hash' });
  return wordHex(bytesToBigint(bytes));
}
