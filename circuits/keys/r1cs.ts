import { open } from 'node:fs/promises';
import { CircuitError } from '../build/errors.ts';

/** Order of the scalar field of BN254, the only curve used here. */
export const R_BN254 = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Order of its coordinate field. */
export const Q_BN254 = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** What the header of an `.r1cs` file says, and where its constraints lie (byte offsets into the file). */
export interface R1csInfo {
  readonly path: string;
  readonly constraints: number;
  /** All wires, the constant-one wire 0 included. */
  readonly wires: number;
  readonly publicOutputs: number;
  readonly publicInputs: number;
  /** Outputs and inputs: wires 1 … publicSignals. */
  readonly publicSignals: number;
  readonly constraintsOffset: number;
  readonly constraintsBytes: number;
}

/**
 * Reads the header of an iden3 `.r1cs` file (version 1, sections 1 header and 2 constraints).
 * @throws CircuitError R1CS_MALFORMED if the file is not one, or not over BN254.
 */
export async function readR1csInfo(path: string): Promise<R1csInfo> {
  const bad = (why: string) => new CircuitError('R1CS_MALFORMED', why, { path });
  const file = await open(path, 'r');
  try {
    const read = async (offset: number, length: number) => {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await file.read(buffer, 0, length, offset);
      if (bytesRead !== length) throw bad(`ends before byte ${offset + length}`);
      return buffer;
    };
    const prefix = await read(0, 12);
    if (prefix.toString('latin1', 0, 4) !== 'r1cs' || prefix.readUInt32LE(4) !== 1)
      throw bad('not an r1cs file, version 1');
    const sections = new Map<number, { offset: number; bytes: number }>();
    let offset = 12;
    for (let i = 0; i < prefix.readUInt32LE(8); i++) {
      const head = await read(offset, 12);
      const bytes = Number(head.readBigUInt64LE(4));
      sections.set(head.readUInt32LE(0), { offset: offset + 12, bytes });
      offset += 12 + bytes;
    }
    const header = sections.get(1);
    const body = sections.get(2);
    if (!header || !body) throw bad('header or constraints section missing');
    if (header.bytes !== 64) throw bad(`header of ${header.bytes} bytes`);
    const h = await read(header.offset, 64);
    if (h.readUInt32LE(0) !== 32 || fromLittleEndian(h.subarray(4, 36)) !== R_BN254) throw bad('not over BN254');
    const publicOutputs = h.readUInt32LE(40);
    const publicInputs = h.readUInt32LE(44);
    return {
      path,
      wires: h.readUInt32LE(36),
      publicOutputs,
      publicInputs,
      publicSignals: publicOutputs + publicInputs,
      constraints: h.readUInt32LE(60),
      constraintsOffset: body.offset,
      constraintsBytes: body.bytes,
    };
  } finally {
    await file.close();
  }
}

/** Integer of little-endian bytes. */
export function fromLittleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** 32 little-endian bytes of an integer below 2^256. */
export function toLittleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let i = 0, rest = value; i < 32; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}
