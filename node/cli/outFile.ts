import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError, Exit } from './output.ts';

/** Before work whose result would be lost. @throws CliError BAD_FILE */
export function checkWritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** @throws CliError BAD_FILE */
export function writeOut(file: string, text: string | Uint8Array): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

function unwritable(file: string, cause: unknown): CliError {
  return new CliError(Exit.USAGE, 'BAD_FILE', `${file} cannot be written`, { cause });
}
