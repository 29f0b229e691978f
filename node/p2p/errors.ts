/**
 * TIMEOUT: the peer took too long. UNREACHABLE: no connection to it, or it refused or broke off.
 * BAD_RESPONSE: it answered with what is none. TOO_LARGE: with more than was asked for or is allowed (or what is to be published is).
 * BANNED: this node does not talk to it. STOPPED: the network is shut down.
 * BAD_FRAME: bytes that are no frame, or one beyond its limit (`data.reason`).
 * BAD_IDENTITY: the key file cannot be read or written, or holds no key. LISTEN_FAILED: an address is in use or none of this machine.
 * BAD_ADDRESS: no multiaddress that can be dialled.
 */
export type NetworkErrorCode =
  | 'TIMEOUT'
  | 'UNREACHABLE'
  | 'BAD_RESPONSE'
  | 'TOO_LARGE'
  | 'BANNED'
  | 'STOPPED'
  | 'BAD_FRAME'
  | 'BAD_IDENTITY'
  | 'LISTEN_FAILED'
  | 'BAD_ADDRESS';

export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly code: NetworkErrorCode;
  readonly data: Readonly<Record<string, string | number | bigint>>;

  constructor(
    code: NetworkErrorCode,
    data: Readonly<Record<string, string | number | bigint>> = {},
    options?: ErrorOptions,
  ) {
    super(data.reason === undefined ? code : `${code}: ${data.reason}`, options);
    this.code = code;
    this.data = data;
  }
}
