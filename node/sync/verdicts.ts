import type { Verdict } from '../p2p/types.ts';

/** Short names of reasons, for log and metrics (docs/protocol.md section 16). */
export const accept = (reason = 'OK'): Verdict => ({ outcome: 'accept', reason });
/** It may be anybody's bad luck. */
export const ignore = (reason: string): Verdict => ({ outcome: 'ignore', reason });
/** No honest node could have sent it. */
export const reject = (reason: string): Verdict => ({ outcome: 'reject', reason });
