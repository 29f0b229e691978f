/** What is asked: a file's bytes (a model's tensors), hex, or text as it is. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { hexToBytes } from '../../protocol/bytes.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { CliError, Exit } from './output.ts';
import { bytes } from './parsers.ts';

export interface InputOptions {
  readonly input?: string;
  readonly inputHex?: Hex;
  readonly inputText?: string;
}

export function withInput(command: Command): Command {
  return command
    .option('--input <file>', 'what is asked: the bytes of this file (a model’s tensors, docs/ai.md section 1)')
    .option('--input-hex <hex>', 'or these bytes', bytes)
    .option('--input-text <text>', 'or this text, UTF-8');
}

/** @throws CliError BAD_INPUT (none of them, or several), BAD_FILE */
export function inputOf({ input, inputHex, inputText }: InputOptions): Uint8Array {
  if ([input, inputHex, inputText].filter((each) => each !== undefined).length !== 1) {
    throw new CliError(Exit.USAGE, 'BAD_INPUT', 'one of --input, --input-hex and --input-text is needed');
  }
  if (inputHex !== undefined) return hexToBytes(inputHex);
  if (inputText !== undefined) return new TextEncoder().encode(inputText);
  try {
    return new Uint8Array(readFileSync(input ?? ''));
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'BAD_FILE', `${input} cannot be read`, { cause });
  }
}
