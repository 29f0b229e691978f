import { Address } from '@ethereumjs/util';
import type { Hex } from '../../protocol/lane/types.ts';
import { hexBytes } from './crypto.ts';

/** An address that was checked, as EthereumJS has it. */
export function addressOf(hex: Hex): Address {
  return new Address(hexBytes(hex));
}
