import type { TypedTransaction } from '@ethereumjs/tx';

const TX = 21_000;
const CREATION = 32_000;
const INIT_CODE_WORD = 2;
const TOKEN = 4;
const FLOOR_TOKEN = 10;
const LISTED_ADDRESS = 2_400;
const LISTED_SLOT = 1_900;
/** EIP-7702: charged for an account that does not exist; part comes back if it does. */
const AUTHORIZATION = 25_000;

export interface GasNeeded {
  /** Gas taken before anything runs. */
  readonly intrinsic: bigint;
  /** EIP-7623: the least a transaction pays for its data. */
  readonly floor: bigint;
}

/** Prague's intrinsic gas and data floor: EthereumJS's numbers without a bigint for every byte. */
export function gasNeeded(tx: TypedTransaction): GasNeeded {
  const { data } = tx;
  let tokens = 4 * data.length;
  for (let i = 0; i < data.length; i++) if (data[i] === 0) tokens -= 3;
  let gas = TX + TOKEN * tokens;
  if (tx.to === undefined) gas += CREATION + INIT_CODE_WORD * Math.ceil(data.length / 32);
  if ('accessList' in tx) {
    for (const [, slots] of tx.accessList) gas += LISTED_ADDRESS + LISTED_SLOT * slots.length;
  }
  if ('authorizationList' in tx) gas += AUTHORIZATION * tx.authorizationList.length;
  return { intrinsic: BigInt(gas), floor: BigInt(TX + FLOOR_TOKEN * tokens) };
}
