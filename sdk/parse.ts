import { SdkError } from './errors.ts';
import type { Wire } from './rpcTypes.ts';

/** Members that carry a bigint wherever they carry a string (sdk/rpcTypes.ts). */
const BIGINTS: ReadonlySet<string> = new Set([
  ...[
    'balance',
    'claimed',
    'a',
    'b',
    'c',
    'x',
    'y',
    'r',
    'state',
    'amount',
    'minimumFee',
    'total',
    'delta',
    'royalty',
    'fee',
    'price',
  ],
  ...[
    'domain',
    'l1ChainId',
    'l2ChainId',
    'root',
    'oldRoot',
    'newRoot',
    'ledgerRoot',
    'receiptsRoot',
    'artefact',
    'provenance',
  ],
  ...['block', 'number', 'firstBlock', 'lastBlock', 'firstQueueIndex'],
]);
const DECIMAL = /^(0|[1-9][0-9]*)$/;

/**
 * From JSON's form back to the domain's: decimal strings become bigints.
 * @throws SdkError BAD_ANSWER if a member that must be a number is not one
 */
export function parse<T>(wire: Wire<T>): T {
  return revive(wire) as T; // `Wire<T>` says which members there are; the names say which are numbers
}

function revive(value: unknown, name = ''): unknown {
  if (typeof value === 'string' && BIGINTS.has(name)) {
    if (name === 'state' && !DECIMAL.test(value)) return value; // a leaf's word, or the state of a channel, claim or proof
    if (!DECIMAL.test(value)) throw new SdkError('BAD_ANSWER', `the node sent no number as ${name}`);
    return BigInt(value);
  }
  if (Array.isArray(value)) return value.map((entry) => revive(entry, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    // details of an error are anybody's names
    Object.entries(value).map(([key, entry]) => [key, key === 'details' ? entry : revive(entry, key)]),
  );
}
