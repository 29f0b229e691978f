import { readFileSync } from 'node:fs';
import { KeystoreError } from './errors.ts';

/** The first line of a file; systemd's credentials and `echo` end it differently. @throws KeystoreError PASSPHRASE_UNREADABLE */
export function readPassphraseFile(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new KeystoreError('PASSPHRASE_UNREADABLE', `${file} cannot be read`, { file }, { cause });
  }
  const passphrase = text.replace(/\r?\n$/, '');
  if (passphrase === '') throw new KeystoreError('PASSPHRASE_UNREADABLE', `${file} is empty`, { file });
  return passphrase;
}

/** What a prompt needs of a terminal; `process.stdin` and `process.stderr` fit. */
export interface Terminal {
  readonly input: Pick<NodeJS.ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>;
  readonly output: Pick<NodeJS.WriteStream, 'write'>;
}

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_U = '\u0015';
const BACKSPACE = new Set(['\u0008', '\u007f']);

/**
 * Asks on the terminal, showing nothing of what is typed.
 * @throws KeystoreError NO_PASSPHRASE: there is no terminal, nothing was typed, or it was broken off by Ctrl-C
 */
export async function promptPassphrase(
  question: string,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<string> {
  if (!input.isTTY) {
    const ways = 'by a file (--passphrase-file, --l1-passphrase-file or ENGRAM_PASSPHRASE_FILE), or on a terminal';
    throw new KeystoreError('NO_PASSPHRASE', `a passphrase is needed, ${ways}`);
  }
  output.write(`${question}: `);
  input.setRawMode(true);
  input.resume();
  try {
    const typed = await readLine(input);
    if (typed === undefined || typed === '') throw new KeystoreError('NO_PASSPHRASE', 'no passphrase was typed');
    return typed;
  } finally {
    input.setRawMode(false);
    input.pause();
    output.write('\n');
  }
}

/** Twice, for a new keystore: a slip of the finger would lock it for ever. @throws KeystoreError NO_PASSPHRASE */
export async function promptNewPassphrase(terminal?: Terminal): Promise<string> {
  const first = await promptPassphrase('New passphrase', terminal);
  if ((await promptPassphrase('Again', terminal)) !== first) {
    throw new KeystoreError('NO_PASSPHRASE', 'these were two different passphrases');
  }
  return first;
}

/** Undefined: broken off. */
function readLine(input: Terminal['input']): Promise<string | undefined> {
  const decoder = new TextDecoder();
  return new Promise((resolve) => {
    let typed: string[] = [];
    const end = (line: string | undefined): void => {
      input.off('data', onData);
      resolve(line);
    };
    const onData = (chunk: Uint8Array | string): void => {
      const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
      for (const key of text) {
        const isEnd = key === '\r' || key === '\n';
        if (isEnd || key === CTRL_C || key === CTRL_D) {
          end(isEnd ? typed.join('') : undefined);
          return;
        }
        if (key === CTRL_U) typed = [];
        else if (BACKSPACE.has(key)) typed.pop();
        else typed.push(key);
      }
    };
    input.on('data', onData);
  });
}
