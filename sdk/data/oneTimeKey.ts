/**
 * Keys on secp256k1 that serve one purchase each. A buyer's secret becomes public in a dispute over the key, and with it everything that was
 * ever masked for that key: never use one twice.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { concatHex, type Hex, keccak256, numberToHex } from 'viem';
import { bytesToBigint } from '../../protocol/bytes.ts';
import { SdkError } from '../errors.ts';
import type { CurvePoint, DataDelivery } from './purchase.ts';

const { Point } = secp256k1;
const ORDER = Point.Fn.ORDER;
const MASK: Hex = '0x03';
const KEY: Hex = '0x02';

export interface OneTimeKey {
  /** 1 … order − 1. */
  readonly secret: bigint;
  readonly point: CurvePoint;
}

/** Fills 32 bytes. */
export type RandomBytes = (length: number) => Uint8Array;

const systemRandom: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/** @param random default: the system's */
export function newOneTimeKey(random: RandomBytes = systemRandom): OneTimeKey {
  // Out of range once in 2^128 tries; its point out of the contract's once in 2^128.
  for (;;) {
    const secret = bytesToBigint(random(32));
    if (secret > 0n && secret < ORDER) {
      const key = oneTimeKey(secret);
      if (key.point.x < ORDER) return key;
    }
  }
}

/** The key of a secret. @throws SdkError INVALID_ARGUMENT unless it is 1 … order − 1 */
export function oneTimeKey(secret: bigint): OneTimeKey {
  if (secret <= 0n || secret >= ORDER) throw new SdkError('INVALID_ARGUMENT', 'no secret of a one-time key');
  return { secret, point: coordinates(Point.BASE.multiply(secret)) };
}

/** The point that two keys share: the secret of one times the other's point. @throws SdkError INVALID_ARGUMENT: not on the curve */
export function sharedPoint({ secret }: Pick<OneTimeKey, 'secret'>, other: CurvePoint): CurvePoint {
  return coordinates(onCurve(other).multiply(secret));
}

/** keccak256(0x02 ‖ key): what an offer says of its key. */
export function keyHash(key: Hex): Hex {
  return keccak256(concatHex([KEY, key]));
}

/** The seller's side: the key, masked for one purchase. @param own made for this delivery */
export function maskKey(key: Hex, id: Hex, { own, buyer }: { own: OneTimeKey; buyer: CurvePoint }): DataDelivery {
  return { masked: xor(key, mask(id, sharedPoint(own, buyer))), key: own.point };
}

/** The buyer's side: what was delivered, whether it is the key or not. */
export function unmaskKey({ masked, key }: DataDelivery, id: Hex, own: Pick<OneTimeKey, 'secret'>): Hex {
  return xor(masked, mask(id, sharedPoint(own, key)));
}

function mask(id: Hex, { x, y }: CurvePoint): Hex {
  return keccak256(concatHex([MASK, id, numberToHex(x, { size: 32 }), numberToHex(y, { size: 32 })]));
}

function xor(a: Hex, b: Hex): Hex {
  return numberToHex(BigInt(a) ^ BigInt(b), { size: 32 });
}

function onCurve({ x, y }: CurvePoint): InstanceType<typeof Point> {
  try {
    const point = Point.fromAffine({ x, y });
    point.assertValidity();
    return point;
  } catch (cause) {
    throw new SdkError('INVALID_ARGUMENT', 'not a point of secp256k1', { x, y }, { cause });
  }
}

function coordinates(point: InstanceType<typeof Point>): CurvePoint {
  const { x, y } = point.toAffine();
  return { x, y };
}
