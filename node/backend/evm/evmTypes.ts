import type { EVMRunCallOpts, ExecResult } from '@ethereumjs/evm';

/** What the machine knows of the block it runs in. */
export type EvmBlockContext = NonNullable<EVMRunCallOpts['block']>;
/** The state of a frame while it runs. */
export type RunState = NonNullable<ExecResult['runState']>;
