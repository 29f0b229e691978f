/** One wrong setting: which, from where, and why. The value is not shown: it may be a secret in the wrong place. */
export interface ConfigIssue {
  /** Dotted name as in the configuration file, for example `rpc.port`. */
  readonly field: string;
  /** `--rpc-port`, `ENGRAM_RPC_PORT`, the file's path, or `default`. */
  readonly source: string;
  readonly message: string;
}

export type ConfigErrorCode = 'CONFIG_INVALID' | 'CONFIG_UNREADABLE' | 'SECRET_UNREADABLE';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;
  readonly issues: readonly ConfigIssue[];

  constructor(code: ConfigErrorCode, issues: readonly ConfigIssue[], options?: ErrorOptions) {
    super(issues.map(({ field, source, message }) => `${field} (${source}): ${message}`).join('\n'), options);
    this.code = code;
    this.issues = issues;
  }
}
