import { afterEach, describe, expect, it, vi } from 'vitest';
import { isFramed, showWayOut } from './frame.ts';

afterEach(() => void vi.unstubAllGlobals());

describe('a page inside of another', () => {
  it('is told from one that stands alone', () => {
    const self = {} as Window & typeof globalThis;
    expect(isFramed({ self, top: self })).toBe(false);
    expect(isFramed({ self, top: {} as Window })).toBe(true);
    expect(isFramed({ self, top: null })).toBe(true);
  });

  it('shows a way out alone', () => {
    const link: Record<string, unknown> = {};
    const shown: unknown[] = [];
    const location = { href: 'https://engram.example/#/bridge' };
    vi.stubGlobal('document', { createElement: () => link, location, title: 'Engram' });
    showWayOut({ replaceChildren: (...nodes: unknown[]) => shown.push(...nodes) } as unknown as HTMLElement);
    expect(shown).toEqual([{ href: location.href, target: '_top', rel: 'noopener', textContent: 'Engram' }]);
  });
});
