import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { KeystoreError } from '../keystore/errors.ts';
import { readKeystore } from '../keystore/keystoreFile.ts';
import { readPassphraseFile } from '../keystore/passphrase.ts';
import { ConfigError, type ConfigIssue } from './errors.ts';
import { listOptions, type OptionInfo, type Settings } from './options.ts';
import { Secret } from './secret.ts';

export interface Config extends Settings {
  readonly secrets: {
    /** Key of the node's L1 account, which commits, proves and attests; absent on a node that only follows. */
    readonly l1Key: Secret<`0x${string}`> | undefined;
    /** Keys that attest batches of the EVM lane; the first one's L1 account sends. */
    readonly attestorKeys: readonly Secret<`0x${string}`>[];
  };
}

export interface ConfigSources {
  /** What a network file says: before everything else but the defaults. */
  readonly network?: { readonly name: string; readonly settings: ReadonlyMap<string, unknown> } | undefined;
  /** Path of a JSON file. */
  readonly file?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** By flag, without dashes turned to camel case: `{ '--rpc-port': '1' }`. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** Of l1.keystore, typed on a terminal. */
  readonly passphrase?: string | undefined;
}

const L1_KEY_VARIABLE = 'ENGRAM_L1_KEY';
const ATTESTOR_KEYS_VARIABLE = 'ENGRAM_ATTESTOR_KEYS';
/** Of a keystore, for every command that opens one (docs/operations.md). */
const PASSPHRASE_VARIABLE = 'ENGRAM_PASSPHRASE_FILE';
const PRIVATE_KEY = /^0x[0-9a-fA-F]{64}$/;

/**
 * The node's settings: defaults < network < file < environment < flags, each value validated where it came from. All problems
 * are reported at once.
 * @throws ConfigError CONFIG_UNREADABLE (file), CONFIG_INVALID, SECRET_UNREADABLE (key file); KeystoreError
 */
export function loadConfig(sources: ConfigSources): Config {
  const { env = {} } = sources;
  const settings = loadSettings(sources);
  return {
    ...settings,
    secrets: { l1Key: readL1Key(settings.l1, { env, typed: sources.passphrase }), attestorKeys: attestorKeys(env) },
  };
}

/**
 * The keystore whose passphrase has to be asked for, as no setting says where it is; undefined: nothing is to be asked.
 * @throws ConfigError
 */
export function lockedKeystore(sources: ConfigSources): string | undefined {
  const { env = {} } = sources;
  const { keystore, passphraseFile } = loadSettings(sources).l1;
  const isLocked = env[L1_KEY_VARIABLE] === undefined && (passphraseFile ?? env[PASSPHRASE_VARIABLE]) === undefined;
  return isLocked ? keystore : undefined;
}

function loadSettings({ network, file, env = {}, flags = {} }: ConfigSources): Settings {
  const options = listOptions();
  const issues: ConfigIssue[] = [];
  const fileValues = file === undefined ? new Map<string, unknown>() : readFile(file, options, issues);
  for (const variable of unknownVariables(env, options)) {
    issues.push({ field: variable, source: variable, message: 'there is no such setting' });
  }

  const settings: Record<string, Record<string, unknown>> = {};
  for (const info of options) {
    const { value, source } = pick(info, [
      { values: (name) => flags[name.flag], source: info.flag },
      { values: (name) => env[name.variable], source: info.variable },
      { values: ({ field }) => fileValues.get(field), source: file ?? 'file' },
      { values: ({ field }) => network?.settings.get(field), source: `network ${network?.name}` },
    ]);
    const parsed = info.option.schema.safeParse(value);
    const section = settings[info.section] ?? {};
    settings[info.section] = section;
    if (parsed.success) section[info.name] = parsed.data;
    else issues.push({ field: info.field, source, message: firstMessage(parsed.error) });
  }
  if (issues.length > 0) throw new ConfigError('CONFIG_INVALID', issues);

  // every option of OPTIONS was parsed by its own schema into its own place
  return settings as unknown as Settings;
}

/** The first source that has it. */
function pick(
  info: OptionInfo,
  sources: readonly { readonly values: (info: OptionInfo) => unknown; readonly source: string }[],
): { value: unknown; source: string } {
  for (const { values, source } of sources) {
    const value = values(info);
    if (value !== undefined) return { value, source };
  }
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
          message: `a key belongs into a keystore (l1.keystore), ${L1_KEY_VARIABLE} or the file that l1.keyFile names`,
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
  { keyFile, keystore, passphraseFile }: Settings['l1'],
  { env, typed }: { env: Readonly<Record<string, string | undefined>>; typed: string | undefined },
): Secret<`0x${string}`> | undefined {
  const fromEnv = env[L1_KEY_VARIABLE];
  if (fromEnv !== undefined) return secretKey(fromEnv, { field: 'l1.key', source: L1_KEY_VARIABLE });
  if (keystore !== undefined && keyFile !== undefined) {
    const message = 'name one: l1.keystore or l1.keyFile';
    throw new ConfigError('CONFIG_INVALID', [{ field: 'l1.keystore', source: keystore, message }]);
  }
  if (keystore !== undefined) {
    const file = passphraseFile ?? env[PASSPHRASE_VARIABLE];
    const passphrase = typed ?? (file === undefined ? undefined : readPassphraseFile(file));
    if (passphrase === undefined) {
      throw new KeystoreError('NO_PASSPHRASE', `${keystore} needs l1.passphraseFile or ${PASSPHRASE_VARIABLE}`);
    }
    return new Secret(readKeystore(keystore, passphrase));
  }
  if (keyFile === undefined) return undefined;
  let key: string;
  try {
    key = readFileSync(keyFile, 'utf8').trim();
  } catch (cause) {
    const issue = { field: 'l1.keyFile', source: keyFile, message: 'cannot be read' };
    throw new ConfigError('SECRET_UNREADABLE', [issue], { cause });
  }
  return secretKey(key, { field: 'l1.key', source: 'l1.keyFile' });
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
