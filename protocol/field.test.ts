import { describe, expect, it } from 'vitest';
import { ProtocolError } from './errors.ts';
import { field, isCanonical, R_FIELD, toField, ZERO } from './field.ts';

describe('field', () => {
  it.each([0n, 1n, R_FIELD - 1n])('%i is canonical', (x) => {
    expect(isCanonical(x)).toBe(true);
    expect(field(x)).toBe(x);
    expect(toField(x)).toBe(x);
  });

  it.each([-1n, R_FIELD, R_FIELD + 1n, 2n ** 256n, -R_FIELD])('%i is refused', (x) => {
    expect(isCanonical(x)).toBe(false);
    expect(() => field(x)).toThrow(new ProtocolError('WORD_NOT_CANONICAL', { value: x }));
    expect(() => field(x)).toThrow(expect.objectContaining({ code: 'WORD_NOT_CANONICAL', data: { value: x } }));
  });

  it('reduces arithmetic results of either sign', () => {
    expect(toField(-1n)).toBe(R_FIELD - 1n);
    expect(toField(-R_FIELD)).toBe(ZERO);
    expect(toField(3n * R_FIELD + 5n)).toBe(5n);
  });
});
