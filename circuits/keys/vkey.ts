import { open } from 'node:fs/promises';
import { CircuitError } from '../build/errors.ts';
import { singleThreadCurve } from '../build/snarkCurve.ts';

/** Projective coordinates as decimal strings, as in snarkjs's JSON. */
export type G1Json = readonly string[];
export type G2Json = readonly (readonly string[])[];

/** A Groth16 verifying key, exactly as snarkjs writes and reads it. */
export interface VerifyingKey {
  readonly protocol: 'groth16';
  readonly curve: 'bn128';
  readonly nPublic: number;
  readonly vk_alpha_1: G1Json;
  readonly vk_beta_2: G2Json;
  readonly vk_gamma_2: G2Json;
  readonly vk_delta_2: G2Json;
  /** e(alpha, beta). */
  readonly vk_alphabeta_12: readonly (readonly (readonly string[])[])[];
  readonly IC: readonly G1Json[];
}

export interface ZkeySection {
  readonly id: number;
  readonly offset: number;
  readonly bytes: number;
}

const HEADER_BYTES = 84 + 64 + 64 + 128 + 128 + 64 + 128;

/** Sections of a `.zkey`, in file order. @throws CircuitError ZKEY_MALFORMED. */
export async function zkeySections(path: string): Promise<readonly ZkeySection[]> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(12);
    await file.read(head, 0, 12, 0);
    if (head.toString('latin1', 0, 4) !== 'zkey') throw new CircuitError('ZKEY_MALFORMED', 'not a zkey file', { path });
    const count = head.readUInt32LE(8);
    const sections: ZkeySection[] = [];
    for (let i = 0, offset = 12; i < count; i++) {
      const { bytesRead } = await file.read(head, 0, 12, offset);
      if (bytesRead !== 12) throw new CircuitError('ZKEY_MALFORMED', 'ends early', { path });
      const bytes = Number(head.readBigUInt64LE(4));
      sections.push({ id: head.readUInt32LE(0), offset: offset + 12, bytes });
      offset += 12 + bytes;
    }
    return sections;
  } finally {
    await file.close();
  }
}

/**
 * The verifying key of a `.zkey`: what `snarkjs.zKey.exportVerificationKey` returns, without starting its worker
 * threads, so that it can run beside a proof.
 * @throws CircuitError ZKEY_MALFORMED.
 */
export async function readVerifyingKey(path: string): Promise<VerifyingKey> {
  const sections = await zkeySections(path);
  const file = await open(path, 'r');
  try {
    const section = async (id: number) => {
      const found = sections.find((s) => s.id === id);
      if (!found || found.bytes > 1 << 20)
        throw new CircuitError('ZKEY_MALFORMED', `section ${id} missing or too large`, { path });
      const bytes = Buffer.alloc(found.bytes);
      await file.read(bytes, 0, found.bytes, found.offset);
      return bytes;
    };
    const protocol = await section(1);
    const header = await section(2);
    const ic = await section(3);
    if (protocol.readUInt32LE(0) !== 1) throw new CircuitError('ZKEY_MALFORMED', 'not a Groth16 key', { path });
    if (header.length !== HEADER_BYTES) throw new CircuitError('ZKEY_MALFORMED', 'header of another curve', { path });
    const nPublic = header.readUInt32LE(76);
    if (ic.length !== 64 * (nPublic + 1))
      throw new CircuitError('ZKEY_MALFORMED', 'IC section of another length', { path });
    const curve = await singleThreadCurve();
    const alpha = curve.G1.fromRprLEM(header, 84);
    const beta = curve.G2.fromRprLEM(header, 84 + 128);
    const g2 = (offset: number) => decimal(curve.G2.toObject(curve.G2.fromRprLEM(header, offset))) as G2Json;
    return {
      protocol: 'groth16',
      curve: 'bn128',
      nPublic,
      vk_alpha_1: decimal(curve.G1.toObject(alpha)) as G1Json,
      vk_beta_2: g2(84 + 128),
      vk_gamma_2: g2(84 + 256),
      vk_delta_2: g2(84 + 448),
      vk_alphabeta_12: decimal(curve.Gt.toObject(await curve.pairing(alpha, beta))) as string[][][],
      IC: Array.from(
        { length: nPublic + 1 },
        (_, i) => decimal(curve.G1.toObject(curve.G1.fromRprLEM(ic, 64 * i))) as G1Json,
      ),
    };
  } finally {
    await file.close();
  }
}

type Nested<T> = T | readonly Nested<T>[];

function decimal(value: Nested<bigint>): Nested<string> {
  return typeof value === 'bigint' ? value.toString() : value.map(decimal);
}

/** Wires and domain of a `.zkey`, for reports. */
export async function zkeyInfo(
  path: string,
): Promise<{ wires: number; nPublic: number; domain: number; contributions: number }> {
  const sections = await zkeySections(path);
  const file = await open(path, 'r');
  try {
    const at = (id: number) => {
      const found = sections.find((s) => s.id === id);
      if (!found) throw new CircuitError('ZKEY_MALFORMED', `section ${id} missing`, { path });
      return found.offset;
    };
    const header = Buffer.alloc(84);
    await file.read(header, 0, 84, at(2));
    const count = Buffer.alloc(4);
    await file.read(count, 0, 4, at(10) + 64);
    return {
      wires: header.readUInt32LE(72),
      nPublic: header.readUInt32LE(76),
      domain: header.readUInt32LE(80),
      contributions: count.readUInt32LE(0),
    };
  } finally {
    await file.close();
  }
}
