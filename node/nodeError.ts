/**
 * NO_ROLLUP: no contract address is configured. NO_L1_KEY: the sequencer's key is missing.
 * SHAPE_NOT_ON_L1: a configured batch circuit has no verifier in the contract, or another one than ours.
 * NO_FEE_OWNER: a fee key without the address its accounts must have.
 * WRONG_SPEC: the configured chain spec is for another chain.
 * DEVNET_STALE: the folder holds a devnet that cannot be continued.
 */
export type NodeErrorCode =
  | 'NO_ROLLUP'
  | 'NO_L1_KEY'
  | 'SHAPE_NOT_ON_L1'
  | 'NO_FEE_OWNER'
  | 'WRONG_SPEC'
  | 'DEVNET_STALE';

export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly code: NodeErrorCode;
  readonly data: Readonly<Record<string, string | number | bigint>>;

  constructor(
    code: NodeErrorCode,
    message: string,
    data: Readonly<Record<string, string | number | bigint>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
