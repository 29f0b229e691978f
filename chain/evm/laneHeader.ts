import { BlockHeader } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { RLP } from '@ethereumjs/rlp';
import { Address } from '@ethereumjs/util';
import { bytesHex, keccak } from './crypto.ts';
import { EvmError } from './errors.ts';

/** The fields of a header that differ from block to block; hashes and roots have 32 bytes. */
export interface LaneHeaderFields {
  readonly parentHash: Uint8Array;
  readonly coinbase: Address;
  readonly stateRoot: Uint8Array;
  readonly transactionsTrie: Uint8Array;
  readonly receiptTrie: Uint8Array;
  readonly logsBloom: Uint8Array;
  readonly number: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  readonly timestamp: bigint;
  readonly extraData: Uint8Array;
  readonly baseFeePerGas: bigint;
  readonly parentBeaconBlockRoot: Uint8Array;
}

const RANDAO = new TextEncoder().encode('engram/randao');

/** `keccak256("engram/randao" ‖ parentHash)`. */
function mixHashOf(parentHash: Uint8Array): Uint8Array {
  return keccak(Buffer.concat([RANDAO, parentHash]));
}

/**
 * A block's header. System transactions run whatever the users' gas limit is, so that the gas used of a block that L1 forces a lot into
 * may exceed it: EthereumJS's check of that one number does not apply.
 */
class LaneHeader extends BlockHeader {
  protected override _genericFormatValidation(): void {}
}

export function laneHeader(fields: LaneHeaderFields, common: Common): BlockHeader {
  return new LaneHeader({ ...fields, mixHash: mixHashOf(fields.parentHash) }, { common });
}

/**
 * A header from its RLP, which must be one of this chain in exactly one encoding.
 * @throws EvmError BAD_INPUT
 */
export function decodeLaneHeader(bytes: Uint8Array, common: Common): BlockHeader {
  const header = decode(bytes, common);
  if (header === undefined || Buffer.compare(header.serialize(), bytes) !== 0) {
    throw new EvmError('BAD_INPUT', { reason: 'not a header of this chain' });
  }
  return header;
}

function decode(bytes: Uint8Array, common: Common): BlockHeader | undefined {
  try {
    const f = RLP.decode(bytes) as Uint8Array[]; // whatever else it is does not come out the same
    const at = (i: number): Uint8Array => f[i] as Uint8Array; // as above
    const int = (i: number): bigint => (at(i).length === 0 ? 0n : BigInt(bytesHex(at(i))));
    return laneHeader(
      {
        parentHash: at(0),
        coinbase: new Address(at(2)),
        stateRoot: at(3),
        transactionsTrie: at(4),
        receiptTrie: at(5),
        logsBloom: at(6),
        number: int(8),
        gasLimit: int(9),
        gasUsed: int(10),
        timestamp: int(11),
        extraData: at(12),
        baseFeePerGas: int(15),
        parentBeaconBlockRoot: at(19),
      },
      common,
    );
  } catch {
    return undefined;
  }
}
