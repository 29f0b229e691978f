import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { PrivateKey } from '@libp2p/interface';
import { NetworkError } from './errors.ts';

/**
 * The ed25519 key this node is known by, made at the first start. It signs nothing but libp2p's handshakes: who has it can pose as
 * this peer, not as a validator.
 * @throws NetworkError BAD_IDENTITY
 */
export async function loadIdentity(file: string): Promise<PrivateKey> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new NetworkError('BAD_IDENTITY', { file, reason: 'not readable' }, { cause: error });
  });
  return text === undefined ? makeIdentity(file) : parse(file, text);
}

function parse(file: string, text: string): PrivateKey {
  try {
    return privateKeyFromProtobuf(Buffer.from(text.trim(), 'base64'));
  } catch (cause) {
    throw new NetworkError('BAD_IDENTITY', { file, reason: 'no key' }, { cause });
  }
}

async function makeIdentity(file: string): Promise<PrivateKey> {
  const key = await generateKeyPair('Ed25519');
  try {
    await mkdir(dirname(file), { recursive: true });
    // `wx`: never over a key that another process has just made.
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(`${Buffer.from(privateKeyToProtobuf(key)).toString('base64')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new NetworkError('BAD_IDENTITY', { file, reason: 'not writable' }, { cause });
  }
  return key;
}
