import { describe, expect, it } from 'vitest';
import { nodeHealth, type Signs } from './health.ts';

const NOW = { pollMs: 1_000, nowMs: 1_000_000 };
const WELL: Signs = { hasHalted: false, isStopping: false, l1AnsweredAtMs: 999_000, proofs: { failed: 0 } };

describe('health', () => {
  it('is live and ready when nothing is wrong', () => {
    expect(nodeHealth(NOW, WELL)).toEqual({ live: true, ready: true, reasons: [] });
  });

  it('is not live once a part has halted', () => {
    expect(nodeHealth(NOW, { ...WELL, hasHalted: true })).toMatchObject({ live: false, ready: false });
  });

  it('is live but not ready while it stops or L1 is silent', () => {
    expect(nodeHealth(NOW, { ...WELL, isStopping: true })).toMatchObject({ live: true, ready: false });
    expect(nodeHealth(NOW, { ...WELL, l1AnsweredAtMs: 969_999 })).toMatchObject({ live: true, ready: false });
    expect(nodeHealth(NOW, { ...WELL, l1AnsweredAtMs: 970_000 })).toMatchObject({ ready: true });
    expect(nodeHealth({ ...NOW, pollMs: 60_000 }, { ...WELL, l1AnsweredAtMs: 500_000 })).toMatchObject({ ready: true });
  });

  it('names failed proofs but stays ready', () => {
    const health = nodeHealth(NOW, { ...WELL, proofs: { failed: 2 } });
    expect(health).toEqual({ live: true, ready: true, reasons: ['proofs that failed for good: 2'] });
  });
});
