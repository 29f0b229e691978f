import { EvmError } from '../../chain/evm/errors.ts';
import { RlpCursor, RlpWriter } from '../../chain/evm/rlp.ts';
import { bigintToBytes, bytesToBigint } from '../../protocol/bytes.ts';
import { ValidatorError } from './errors.ts';

/** What validators tell each other: one's signature over the outcome of a batch (docs/protocol.md sections 12 and 16). */
export interface Attestation {
  readonly batch: number;
  /** The batch's commitment to the EVM lane, 256 bits. */
  readonly commitment: bigint;
  /** 65 bytes r ‖ s ‖ v, low s. */
  readonly signature: Uint8Array;
}

/** Longest encoding that is looked at. */
const MAX_BYTES = 256;
const COMMITMENT_BYTES = 32;
const SIGNATURE_BYTES = 65;

export function encodeAttestation({ batch, commitment, signature }: Attestation): Uint8Array {
  const writer = new RlpWriter();
  writer.list(() => {
    writer.integer(batch);
    writer.bytes(bigintToBytes(commitment, COMMITMENT_BYTES));
    writer.bytes(signature);
  });
  return writer.finish();
}

/** Exact: one attestation has one encoding. @throws ValidatorError BAD_ATTESTATION */
export function decodeAttestation(bytes: Uint8Array): Attestation {
  if (bytes.length > MAX_BYTES) throw new ValidatorError('BAD_ATTESTATION', { reason: 'too long' });
  try {
    const cursor = new RlpCursor(bytes);
    const list = cursor.list();
    cursor.end();
    const batch = list.integer(Number.MAX_SAFE_INTEGER);
    const commitment = list.bytes();
    // A copy: the frame around it is large and not ours to keep.
    const signature = Uint8Array.from(list.bytes());
    list.end();
    if (batch === 0 || commitment.length !== COMMITMENT_BYTES || signature.length !== SIGNATURE_BYTES) {
      throw new ValidatorError('BAD_ATTESTATION', { reason: 'length of a part' });
    }
    return { batch, commitment: bytesToBigint(commitment), signature };
  } catch (cause) {
    if (cause instanceof EvmError) {
      throw new ValidatorError('BAD_ATTESTATION', { reason: String(cause.data.reason) }, { cause });
    }
    throw cause;
  }
}
