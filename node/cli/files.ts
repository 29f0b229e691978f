import { readFileSync } from 'node:fs';
import { sha256File } from '../../sdk/models/sha256.ts';
import { CliError, Exit } from './output.ts';

/** SHA-256 of a file. @throws CliError BAD_FILE */
export async function digestOf(file: string): Promise<Uint8Array> {
  return sha256File(file).catch((cause: unknown) => {
    throw new CliError(Exit.USAGE, 'BAD_FILE', `${file} cannot be read`, { cause });
  });
}

/** What a file of ours holds. @throws CliError `code`: unreadable, no JSON, or `parse` refuses it */
export function readJson<T>(file: string, parse: (json: unknown) => T, code = 'BAD_FILE'): T {
  try {
    return parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(Exit.USAGE, code, `${file}: ${why}`, { cause });
  }
}
