import { z } from 'zod';
import { addressHex } from '../../protocol/bytes.ts';
import type { LaneBackend } from './laneBackend.ts';
import type { RegisterMethod } from './method.ts';
import { addressParam, heightParam, limitParam } from './params.ts';

const DEFAULT_LIMIT = 100;

/** The way between the EVM lane and the rest. */
export function registerLaneMethods(method: RegisterMethod, lane: LaneBackend): void {
  method('engram_getLane', z.tuple([]), () => lane.lane());
  method(
    'engram_getWithdrawals',
    z.union([z.tuple([addressParam]), z.tuple([addressParam, limitParam])]),
    ([address, options]) => lane.withdrawals(addressHex(address), options?.limit ?? DEFAULT_LIMIT),
  );
  method(
    'engram_getWithdrawalProof',
    z.tuple([heightParam]),
    async ([index]) => (await lane.withdrawalProof(index)) ?? null,
  );
}
