import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { promptNewPassphrase, promptPassphrase, readPassphraseFile, type Terminal } from './passphrase.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engram-passphrase-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a passphrase from a file', () => {
  it.each([
    ['word one\n', 'word one'],
    ['word\r\n', 'word'],
    [' spaces stay ', ' spaces stay '],
  ])('%j is %j', (content, passphrase) => {
    const file = join(folder, 'passphrase');
    writeFileSync(file, content);
    expect(readPassphraseFile(file)).toBe(passphrase);
  });

  it('is refused if the file is empty or missing', () => {
    const file = join(folder, 'empty');
    writeFileSync(file, '\n');
    expect(() => readPassphraseFile(file)).toThrow(expect.objectContaining({ code: 'PASSPHRASE_UNREADABLE' }));
    expect(() => readPassphraseFile(join(folder, 'none'))).toThrow(
      expect.objectContaining({ code: 'PASSPHRASE_UNREADABLE' }),
    );
  });
});

/** A person who types as soon as something is asked. */
class FakeTerminal extends EventEmitter {
  shown = '';
  isTTY = true;
  isRaw = false;
  readonly #lines: string[];

  constructor(...lines: string[]) {
    super();
    this.#lines = lines;
  }

  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw;
    return this;
  }

  resume(): this {
    const line = this.#lines.shift() ?? '';
    setImmediate(() => this.emit('data', Buffer.from(line)));
    return this;
  }

  pause(): this {
    return this;
  }

  write(text: string): boolean {
    this.shown += text;
    return true;
  }

  // the prompt uses nothing else of a terminal's two sides
  get terminal(): Terminal {
    return { input: this, output: this } as unknown as Terminal;
  }
}

describe('a passphrase from a terminal', () => {
  it('is not shown, and the terminal is left as it was', async () => {
    const person = new FakeTerminal('hunt\u0008ter 2\u007f3\r');
    expect(await promptPassphrase('Passphrase', person.terminal)).toBe('hunter 3');
    expect(person.shown).toBe('Passphrase: \n');
    expect(person.isRaw).toBe(false);
    expect(person.listenerCount('data')).toBe(0);
  });

  it('can be begun again with Ctrl-U, and have letters of any language', async () => {
    expect(await promptPassphrase('?', new FakeTerminal('wrong\u0015grün 🔑\n').terminal)).toBe('grün 🔑');
  });

  it.each(['\u0003', 'abc\u0003', '\r'])('%j → NO_PASSPHRASE', async (typed) => {
    const person = new FakeTerminal(typed);
    await expect(promptPassphrase('?', person.terminal)).rejects.toMatchObject({ code: 'NO_PASSPHRASE' });
    expect(person.isRaw).toBe(false);
  });

  it('without a terminal → NO_PASSPHRASE', async () => {
    const person = new FakeTerminal('abc\r');
    person.isTTY = false;
    await expect(promptPassphrase('?', person.terminal)).rejects.toMatchObject({ code: 'NO_PASSPHRASE' });
  });

  it('is asked for twice when it is new', async () => {
    expect(await promptNewPassphrase(new FakeTerminal('abc\r', 'abc\r').terminal)).toBe('abc');
    await expect(promptNewPassphrase(new FakeTerminal('abc\r', 'abd\r').terminal)).rejects.toMatchObject({
      code: 'NO_PASSPHRASE',
    });
  });
});
