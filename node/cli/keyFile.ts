/** Ledger keys on disk: the 32-byte seed, in the clear (mode 0600) or encrypted with a passphrase. */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { bytesToHex, hexToBytes } from '../../protocol/bytes.ts';
import { packPoint } from '../../protocol/crypto/babyjub.ts';
import { publicKey } from '../../protocol/crypto/eddsa.ts';
import { CliError, Exit } from './output.ts';

/** About 100 ms and 64 MB for each guess. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 1, maxmem: 2 ** 27 } as const;
const hex = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`));

const schema = z.object({
  engram: z.literal('ledger key'),
  version: z.literal(1),
  publicKey: hex(32),
  secret: z.union([
    z.object({ seed: hex(32) }),
    z.object({ cipher: z.literal('scrypt aes-256-gcm'), salt: hex(32), nonce: hex(12), text: hex(32), tag: hex(16) }),
  ]),
});

export function writeKeyFile(path: string, seed: Uint8Array, passphrase: string | undefined): void {
  const file: z.infer<typeof schema> = {
    engram: 'ledger key',
    version: 1,
    publicKey: toHex(packPoint(publicKey(seed))),
    secret: passphrase === undefined ? { seed: toHex(seed) } : encrypt(seed, passphrase),
  };
  try {
    // never over an existing key
    writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'KEY_FILE', `${path} exists or cannot be written`, { cause });
  }
}

/** A file of `engram account new`, or a text file with the seed as 0x and 64 hex digits. */
export function readSeed(path: string, passphrase: string | undefined): Uint8Array {
  let content: string;
  try {
    content = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'KEY_FILE', `${path} cannot be read`, { cause });
  }
  if (/^0x[0-9a-fA-F]{64}$/.test(content)) return hexToBytes(content);
  const { publicKey: packed, secret } = parse(path, content);
  const seed = 'seed' in secret ? hexToBytes(secret.seed) : decrypt(path, secret, passphrase);
  if (toHex(packPoint(publicKey(seed))) !== packed) throw new CliError(Exit.USAGE, 'KEY_FILE', `${path} is damaged`);
  return seed;
}

/** An L1 key: a text file with 0x and 64 hex digits. */
export function readL1Key(path: string): `0x${string}` {
  let content = '';
  try {
    content = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'KEY_FILE', `${path} cannot be read`, { cause });
  }
  if (!/^0x[0-9a-fA-F]{64}$/.test(content)) {
    throw new CliError(Exit.USAGE, 'KEY_FILE', `${path}: expected 0x and 64 hex digits`);
  }
  return content as `0x${string}`; // by the pattern
}

function parse(path: string, content: string): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(content));
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'KEY_FILE', `${path} is not a ledger key file`, { cause });
  }
}

type Encrypted = Exclude<z.infer<typeof schema>['secret'], { seed: string }>;

function encrypt(seed: Uint8Array, passphrase: string): Encrypted {
  const salt = randomBytes(32);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32, SCRYPT), nonce);
  const text = Buffer.concat([cipher.update(seed), cipher.final()]);
  return {
    cipher: 'scrypt aes-256-gcm',
    salt: toHex(salt),
    nonce: toHex(nonce),
    text: toHex(text),
    tag: toHex(cipher.getAuthTag()),
  };
}

function decrypt(path: string, { salt, nonce, text, tag }: Encrypted, passphrase: string | undefined): Uint8Array {
  if (passphrase === undefined) throw new CliError(Exit.USAGE, 'KEY_FILE', `${path} needs --passphrase-file`);
  const key = scryptSync(passphrase, hexToBytes(salt), 32, SCRYPT);
  const decipher = createDecipheriv('aes-256-gcm', key, hexToBytes(nonce));
  decipher.setAuthTag(hexToBytes(tag));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(hexToBytes(text)), decipher.final()]));
  } catch (cause) {
    throw new CliError(Exit.USAGE, 'KEY_FILE', `wrong passphrase for ${path}`, { cause });
  }
}

function toHex(bytes: Uint8Array): `0x${string}` {
  return `0x${bytesToHex(bytes)}`;
}
