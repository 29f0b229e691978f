import { writeFileSync } from 'node:fs';
import { Curve } from '../curve.ts';
import { buildCurveCode, type Group } from '../curveModule.ts';
import type { Trapdoor } from '../devSecret.ts';
import { FixedBase } from '../fixedBase.ts';
import { Q_BN254, R_BN254, toLittleEndian } from '../r1cs.ts';

/** Writes an unprepared powers-of-tau file of a known trapdoor: the reference to compare generated keys with. */
export function writeKnownPtau(path: string, power: number, trapdoor: Trapdoor): void {
  const curve = new Curve(buildCurveCode(R_BN254));
  const bases = {
    g1m: new FixedBase(curve, { group: 'g1m', width: 6 }),
    g2m: new FixedBase(curve, { group: 'g2m', width: 6 }),
  };
  const points = (group: Group, scale: bigint, count: number) => {
    const scalars = new Uint8Array(count * 32);
    for (let i = 0, k = scale; i < count; i++, k = (k * trapdoor.tau) % R_BN254) scalars.set(toLittleEndian(k), i * 32);
    return bases[group].multiply(scalars);
  };
  const header = Buffer.alloc(44);
  header.writeUInt32LE(32, 0);
  header.set(toLittleEndian(Q_BN254), 4);
  header.writeUInt32LE(power, 36);
  header.writeUInt32LE(power, 40);
  const n = 2 ** power;
  const sections: Uint8Array[] = [
    header,
    points('g1m', 1n, 2 * n - 1),
    points('g2m', 1n, n),
    points('g1m', trapdoor.alpha, n),
    points('g1m', trapdoor.beta, n),
    points('g2m', trapdoor.beta, 1),
    Buffer.alloc(4),
  ];
  const magic = Buffer.alloc(12);
  magic.write('ptau', 0, 'latin1');
  magic.writeUInt32LE(1, 4);
  magic.writeUInt32LE(sections.length, 8);
  const parts: Uint8Array[] = [magic];
  sections.forEach((bytes, i) => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(i + 1, 0);
    head.writeBigUInt64LE(BigInt(bytes.length), 4);
    parts.push(head, bytes);
  });
  writeFileSync(path, Buffer.concat(parts));
}
