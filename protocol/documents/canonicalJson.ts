import { ProtocolError } from '../errors.ts';
import { type Json, malformed } from '../json.ts';

/** Nothing that is signed nests deeper; without a limit a few kilobytes of brackets would end the stack. */
const MAX_DEPTH = 32;

/**
 * The one text of a value (docs/ai.md): members sorted by name in UTF-16 code units, no white space, strings as `JSON.stringify` writes
 * them, numbers only integers below 2^53. Equal values have equal texts, so a text can be hashed and signed.
 * @throws ProtocolError INVALID_ARGUMENT for anything else: other numbers, −0, undefined, bigint, objects with a prototype of their own
 */
export function canonicalJson(value: Json): string {
  return textOf(value, MAX_DEPTH);
}

/**
 * The value of a canonical text. A name that stands twice, white space or another order of members is refused.
 * @throws ProtocolError MALFORMED_BYTES
 */
export function parseCanonicalJson(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text);
    if (canonicalJson(value) === text) return value;
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof ProtocolError) throw malformed('canonical JSON');
    throw cause;
  }
  throw malformed('canonical JSON');
}

function textOf(value: unknown, depth: number): string {
  if (depth === 0) throw new ProtocolError('INVALID_ARGUMENT', { maxDepth: MAX_DEPTH });
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    // −0 is refused: it would be a second value with the text of 0.
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
    throw new ProtocolError('INVALID_ARGUMENT', { number: value });
  }
  if (Array.isArray(value)) return `[${Array.from(value, (item: unknown) => textOf(item, depth - 1)).join(',')}]`;
  if (!isPlainObject(value)) throw new ProtocolError('INVALID_ARGUMENT', { type: typeof value });
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${textOf(value[name], depth - 1)}`);
  return `{${members.join(',')}}`;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
