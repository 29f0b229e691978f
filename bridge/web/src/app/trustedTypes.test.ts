import { describe, expect, it } from 'vitest';
import { isOwnScript } from './trustedTypes.ts';

const BASE = 'https://node.example/engram/?x=1#/bridge';

describe('a script of the page', () => {
  it.each(['./assets/worker-abc.js', 'https://node.example/engram/assets/worker-abc.js'])('is %s', (url) => {
    expect(isOwnScript(url, BASE)).toBe(true);
  });

  it.each([
    'https://evil.example/engram/assets/worker.js',
    '//evil.example/engram/assets/worker.js',
    'data:text/javascript,alert(1)',
    'blob:https://node.example/0-0',
    'javascript:alert(1)',
    './assets/../other.js',
    './worker.js',
    '/assets/worker.js',
    'http://node.example/engram/assets/worker.js',
    './assets/picture.svg',
    'https://',
  ])('is not %s', (url) => {
    expect(isOwnScript(url, BASE)).toBe(false);
  });
});
