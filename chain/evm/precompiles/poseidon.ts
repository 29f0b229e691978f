import { poseidon } from '../../../protocol/crypto/poseidon.ts';
import { isCanonical } from '../../../protocol/field.ts';
import { CallReverted, encodeWords } from './abi.ts';
import { GAS } from './gas.ts';
import { precompile } from './precompile.ts';

const MAX_WORDS = 16;

/** IPoseidon.sol. */
export const poseidonPrecompile = precompile([
  {
    signature: 'hash(uint256[])',
    run({ input, gas }) {
      const { length, item } = input.array(0);
      if (length < 1 || length > MAX_WORDS) throw new CallReverted('BadArity(uint256)', [BigInt(length)]);
      // Rounds grow with the width, and each costs a product of the state with a matrix.
      gas.use(GAS.poseidonBase + GAS.poseidonWord * BigInt(length));
      const words = Array.from({ length }, (_, i) => item(i));
      const bad = words.findIndex((word) => !isCanonical(word));
      if (bad >= 0) throw new CallReverted('WordNotCanonical(uint256)', [BigInt(bad)]);
      return encodeWords([poseidon(words)]);
    },
  },
]);
