import type { Hex } from '../protocol/lane/types.ts';

interface SystemContract {
  readonly address: Hex;
  readonly code: Hex;
}

/** EIP-4788: remembers the `parentBeaconBlockRoot` of the last 8,191 timestamps; here these are ledger hashes. */
export const BEACON_ROOTS: SystemContract = {
  address: '0x000f3df6d732807ef1319fb7b8bb8522d0beac02',
  code: '0x3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff810690815414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500',
};

/** EIP-2935: remembers the last 8,191 block hashes. */
export const BLOCK_HASHES: SystemContract = {
  address: '0x0000f90827f1c53a10cb7a02335b175320002935',
  code: '0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500',
};
