import { RpcCode, RpcError } from '../rpc/errors.ts';

/**
 * UNKNOWN_SERVICE: there is no ATTEST account of subtype 5 at this index.
 * UNKNOWN_DOCUMENT: nobody gave this node the service's document.
 * WRONG_DOCUMENT: it is not a service's canonical document, or not the one that this service commits to.
 * SERVICE_REPLAYING: batches are still gone through; `details` say how far (`batch` of `of`). Ask again.
 * BATCHES_MISSING: the node began with a snapshot, and a service's epochs follow from all batches.
 * STOPPED: the node ends.
 */
export type MarketErrorCode =
  | 'UNKNOWN_SERVICE'
  | 'UNKNOWN_DOCUMENT'
  | 'WRONG_DOCUMENT'
  | 'SERVICE_REPLAYING'
  | 'BATCHES_MISSING'
  | 'STOPPED';

const FACES: Readonly<Record<MarketErrorCode, readonly [code: RpcCode, message: string]>> = {
  UNKNOWN_SERVICE: [RpcCode.PROTOCOL, 'there is no such service'],
  UNKNOWN_DOCUMENT: [RpcCode.UNAVAILABLE, 'nobody gave this node the document of the service'],
  WRONG_DOCUMENT: [RpcCode.PROTOCOL, 'this is not the document of the service'],
  SERVICE_REPLAYING: [RpcCode.UNAVAILABLE, 'the batches of the service are still gone through'],
  BATCHES_MISSING: [RpcCode.UNAVAILABLE, 'this node does not have all batches'],
  STOPPED: [RpcCode.UNAVAILABLE, 'the node ends'],
};

export function marketError(code: MarketErrorCode, details: Readonly<Record<string, number>> = {}): RpcError {
  const [number, message] = FACES[code];
  return new RpcError(number, code, message, details);
}
