import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError, type ConfigIssue } from './errors.ts';
import { listOptions, type OptionInfo, type Settings } from './options.ts';
import { Secret } from './secret.ts';

export interface Config extends Settings {
  readonly secrets: {
    /** Key of the L1 account that commits batches; absent on a node that does not sequence. */
    readonly l1Key: Secret<`0x${string}`> | undefined;
    /** Keys that attest batches of the EVM lane; the first one's L1 account sends. */
    readonly attestorKeys: readonly Secret<`0x${string}`>[];
  };
}

export interface ConfigSources {
  /** Path of a JSON file. */
  readonly file?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** By flag, without dashes turned to camel case: `{ '--rpc-port': '1' }`. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

const L1_KEY_VARIABLE = 'ENGRAM_L1_KEY';
const ATTESTOR_KEYS_VARIABLE = 'ENGRAM_ATTESTOR_KEYS';
const PRIVATE_KEY = /^0x[0-9a-fA-F]{64}$/;

/**
 * The node's settings: defaults < file < environment < flags, each value validated where it came from. All problems are
 * reported at once.
 * @throws ConfigError CONFIG_UNREADABLE (file), CONFIG_INVALID, SECRET_UNREADABLE (key file)
 */
export function loadConfig({ file, env = {}, flags = {} }: ConfigSources): Config {
  const options = listOptions();
  const issues: ConfigIssue[] = [];
  const fileValues = file === undefined ? new Map<string, unknown>() : readFile(file, options, issues);
  for (const variable of unknownVariables(env, options)) {
    issues.push({ field: variable, source: variable, message: 'there is no such setting' });
  }

  const settings: Record<string, Record<string, unknown>> = {};
  for (const info of options) {
    const { value, source } = pick(info, fileValues, file, env, flags);
    const parsed = info.option.schema.safeParse(value);
    const section = settings[info.section] ?? {};
    settings[info.section] = section;
    if (parsed.success) section[info.name] = parsed.data;
    else issues.push({ field: info.field, source, message: firstMessage(parsed.error) });
  }
  if (issues.length > 0) throw new ConfigError('CONFIG_INVALID', issues);

  // every option of OPTIONS was parsed by its own schema into its own place
  const valid = settings as unknown as Settings;
  return { ...valid, secrets: { l1Key: readL1Key(valid.l1.keyFile, env), attestorKeys: attestorKeys(env) } };
}

function pick(
  info: OptionInfo,
  fileValues: ReadonlyMap<string, unknown>,
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, unknown>>,
): { value: unknown; source: string } {
  if (flags[info.flag] !== undefined) return { value: flags[info.flag], source: info.flag };
  if (env[info.variable] !== undefined) return { value: env[info.variable], source: info.variable };
  if (fileValues.has(info.field)) return { value: fileValues.get(info.field), source: file ?? 'file' };
  return { value: info.option.fallback, source: 'default' };
}

function readFile(file: string, options: readonly OptionInfo[], issues: ConfigIssue[]): Map<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const message = cause instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new ConfigError('CONFIG_UNREADABLE', [{ field: 'config', source: file, message }], { cause });
  }
  const shape = z.record(z.string(), z.record(z.string(), z.unknown())).safeParse(content);
  if (!shape.success) {
    const message = 'expected an object of sections, each an object';
    throw new ConfigError('CONFIG_UNREADABLE', [{ field: 'config', source: file, message }]);
  }
  const known = new Set(options.map(({ field }) => field));
  const values = new Map<string, unknown>();
  for (const [section, entries] of Object.entries(shape.data)) {
    for (const [name, value] of Object.entries(entries)) {
      const field = `${section}.${name}`;
      if (known.has(field)) values.set(field, value);
      else if (field === 'l1.key')
        issues.push({
          field,
          source: file,
          message: `a key belongs into ${L1_KEY_VARIABLE} or the file that l1.keyFile names`,
        });
      else issues.push({ field, source: file, message: 'there is no such setting' });
    }
  }
  return values;
}

/** A misspelt variable would silently mean the default. ENGRAM_CACHE, ENGRAM_TEST_… belong to other parts. */
function unknownVariables(env: Readonly<Record<string, string | undefined>>, options: readonly OptionInfo[]): string[] {
  const sections = new Set(options.map(({ section }) => `ENGRAM_${section.toUpperCase()}_`));
  const known = new Set([...options.map(({ variable }) => variable), L1_KEY_VARIABLE]);
  return Object.keys(env).filter((name) => !known.has(name) && [...sections].some((prefix) => name.startsWith(prefix)));
}

function readL1Key(
  keyFile: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Secret<`0x${string}`> | undefined {
  const fromEnv = env[L1_KEY_VARIABLE];
  const source = fromEnv === undefined ? 'l1.keyFile' : L1_KEY_VARIABLE;
  let key = fromEnv;
  if (key === undefined && keyFile !== undefined) {
    try {
      key = readFileSync(keyFile, 'utf8').trim();
    } catch (cause) {
      throw new ConfigError(
        'SECRET_UNREADABLE',
        [{ field: 'l1.keyFile', source: keyFile, message: 'cannot be read' }],
        {
          cause,
        },
      );
    }
  }
  if (key === undefined) return undefined;
  return secretKey(key, { field: 'l1.key', source });
}

/** Comma-separated. */
function attestorKeys(env: Readonly<Record<string, string | undefined>>): Secret<`0x${string}`>[] {
  const keys = (env[ATTESTOR_KEYS_VARIABLE] ?? '').split(',').filter((key) => key !== '');
  return keys.map((key) => secretKey(key.trim(), { field: 'attestor keys', source: ATTESTOR_KEYS_VARIABLE }));
}

function secretKey(key: string, where: { field: string; source: string }): Secret<`0x${string}`> {
  if (!PRIVATE_KEY.test(key)) {
    throw new ConfigError('CONFIG_INVALID', [{ ...where, message: 'expected 0x and 64 hex digits' }]);
  }
  // matches the template by the pattern above
  return new Secret(key as `0x${string}`);
}

function firstMessage(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'invalid';
  // A union reports its branches; the most specific message is the last branch's.
  if (issue.code === 'invalid_union') {
    const messages = issue.errors.flat().map(({ message }) => message);
    return messages.at(-1) ?? issue.message;
  }
  return issue.message;
}
