/**
 * NOT_AN_AGENT: the account is no ATTEST account of subtype 4.
 * NOT_OWNER: the agent is another's, or of another key.
 */
export type DiscoveryErrorCode = 'NOT_AN_AGENT' | 'NOT_OWNER';

export class DiscoveryError extends Error {
  override readonly name = 'DiscoveryError';
  readonly code: DiscoveryErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(code: DiscoveryErrorCode, message: string, data: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.code = code;
    this.data = data;
  }
}
