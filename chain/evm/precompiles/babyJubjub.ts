import { isOnCurve } from '../../../protocol/crypto/babyjub.ts';
import { verify } from '../../../protocol/crypto/eddsa.ts';
import type { Field, Point } from '../../../protocol/types.ts';
import { asWord, type CallReader, encodeWords } from './abi.ts';
import { GAS } from './gas.ts';
import { precompile } from './precompile.ts';

/** The casts here: `verify` and `isOnCurve` answer false to words that are not canonical. */
function point(input: CallReader, at: number): Point {
  return [input.word(at) as Field, input.word(at + 1) as Field];
}

/** IBabyJubjub.sol. Nothing reverts but calldata that are too short: a bad signature is an answer. */
export const babyJubjubPrecompile = precompile([
  {
    signature: 'verify(uint256[2],uint256,uint256[3])',
    run({ input, gas }) {
      gas.use(GAS.verify);
      const signature = { r8: point(input, 3), s: input.word(5) };
      return encodeWords([asWord(verify(point(input, 0), input.word(2) as Field, signature))]);
    },
  },
  {
    signature: 'isOnCurve(uint256[2])',
    run({ input, gas }) {
      gas.use(GAS.isOnCurve);
      return encodeWords([asWord(isOnCurve(point(input, 0)))]);
    },
  },
]);
