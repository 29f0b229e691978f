import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config/config.ts';
import { Secret } from './config/secret.ts';
import { secretsIn } from './config/secretsIn.ts';
import { createLogger, type LoggingOptions } from './logging.ts';

const KEY = `0x${'5e'.repeat(32)}` as const;

function logged(
  act: (logger: ReturnType<typeof createLogger>) => void,
  options: Partial<LoggingOptions> = {},
): string[] {
  const lines: string[] = [];
  act(createLogger({ level: 'trace', pretty: false, ...options }, { write: (line) => void lines.push(line) }));
  return lines;
}

describe('a line of the log', () => {
  it('has time, level, module, fields and a message that never changes', () => {
    const [line = ''] = logged((logger) =>
      logger.child({ module: 'rpc' }).warn({ batch: 5, gas: 2n ** 70n }, 'refused'),
    );
    expect(JSON.parse(line)).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      module: 'rpc',
      batch: 5,
      gas: String(2n ** 70n),
      msg: 'refused',
    });
  });

  it('is below the level or not written', () => {
    expect(logged((logger) => logger.info({}, 'x'), { level: 'error' })).toEqual([]);
  });

  it('is one line of JSON, whatever peers or nodes put into a field', () => {
    const lines = logged((logger) => logger.info({ reason: 'a\n{"level":"error"}\u001b[31m' }, 'refused'));
    expect(lines.join('').trim().split('\n')).toHaveLength(1);
    expect(lines[0]).not.toContain('\u001b');
  });
});

describe('secrets', () => {
  const URL_OF_L1 = 'https://user-name:pass-word@l1.example/v3/0123456789abcdef?token=fedcba98';
  const config = loadConfig({
    env: { ENGRAM_L1_KEY: KEY, ENGRAM_ATTESTOR_KEYS: `0x${'7a'.repeat(32)}` },
    flags: { '--l1-rpc-url': URL_OF_L1 },
  });

  it.each<[string, object]>([
    ['a Secret', { value: new Secret(KEY), deep: { value: new Secret(KEY) } }],
    ['the configuration', { config }],
    ['a field named after a secret', { key: KEY, nested: { privateKey: KEY, deeper: { passphrase: KEY } } }],
    [
      'an error’s message and its cause',
      { err: new Error(`call to ${URL_OF_L1} with ${KEY}`, { cause: new Error(KEY) }) },
    ],
    ['a text', { about: `signed with ${KEY}`, upper: KEY.toUpperCase() }],
    ['a list', { list: [KEY, [KEY]] }],
  ])('are not in the log by %s', (_name, fields) => {
    const text = logged((logger) => logger.error(fields, 'something'), { hide: secretsIn(config) }).join('');
    expect(text.toLowerCase()).not.toContain('5e5e5e');
    expect(text).not.toContain('7a7a7a');
    expect(text).not.toMatch(/0123456789abcdef|fedcba98|pass-word/);
    expect(text).toContain('something');
  });

  it('do not black out what is none: a URL without a token hides nothing', () => {
    expect(secretsIn(loadConfig({ flags: { '--l1-rpc-url': 'http://127.0.0.1:8545/' } }))).toEqual([]);
  });
});

describe('messages', () => {
  it('are constant in the whole program: what changes is a field, so that alarms and searches can rely on them', () => {
    const root = fileURLToPath(new URL('../', import.meta.url));
    const files = ['chain', 'sequencer', 'prover', 'node'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    );
    const sources = files.filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('testing'),
    );
    expect(sources.length).toBeGreaterThan(200);
    const wrong = sources.filter((name) =>
      /\b(?:log|logger|#log|#logger)\.(?:trace|debug|info|warn|error)\([^;]*?,\s*`/.test(
        readFileSync(join(root, name), 'utf8'),
      ),
    );
    expect(wrong).toEqual([]);
  });
});
