/** Fixed contracts of the EVM lane, their ABIs, and where a token of the bridge is (docs/protocol.md section 7). */
import { tokenAddress } from '../../genesis/predeploys/inboxCall.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { SdkError } from '../errors.ts';

export {
  BABY_JUBJUB_ABI,
  BRIDGED_TOKEN_ABI,
  INBOX_ABI,
  LEDGER_READ_ABI,
  MODEL_ATTESTATION_ABI,
  OUTBOX_ABI,
  POSEIDON_ABI,
  TOKEN_FACTORY_ABI,
} from '../../genesis/predeploys/abi.ts';
export { DATA_ESCROW_ABI } from '../../genesis/predeploys/dataEscrowAbi.ts';
export { ORACLE_ABI } from '../../genesis/predeploys/oracleAbi.ts';
export {
  BABY_JUBJUB,
  DATA_ESCROW,
  INBOX,
  LEDGER_READ,
  MODEL_ATTESTATION,
  ORACLE,
  OUTBOX,
  POSEIDON,
  TOKEN_FACTORY,
} from '../../protocol/lane/addresses.ts';

const MAX_TOKEN = 0xffff;

/**
 * The ERC-20 on the EVM lane that stands for a token of the bridge. It has code from the token's first message on.
 * @throws SdkError INVALID_ARGUMENT for 0 (ETH is ETH there, too) and what is no id
 */
export function laneTokenAddress(token: number): Hex {
  if (!Number.isInteger(token) || token < 1 || token > MAX_TOKEN) {
    throw new SdkError('INVALID_ARGUMENT', 'not the id of an ERC-20 of the bridge', { token });
  }
  return tokenAddress(token);
}
