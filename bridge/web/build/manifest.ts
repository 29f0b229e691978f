import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { WebBuildError } from './errors.ts';

/** Beside the page's files; itself never served. */
export const MANIFEST = 'page.json';

/** A path below the page's folder: plain names, nothing that leads elsewhere on any system. */
const RELATIVE = /^(?!.*(^|\/)\.)[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;
const relative = z.string().max(200).regex(RELATIVE, 'expected a path below the page');

const file = z.strictObject({
  path: relative,
  type: z.string().regex(/^[a-z]+\/[a-z0-9.+-]+(; charset=utf-8)?$/),
  /** Bytes. */
  size: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Its name has a hash of its content: it never changes. */
  isImmutable: z.boolean(),
  /** Suffixes of the compressed copies beside it. */
  encodings: z.array(z.enum(['br', 'gz'])).max(2),
});
const schema = z.strictObject({
  version: z.literal(1),
  hash: z.string().regex(/^[0-9a-f]{32}$/),
  files: z.array(file).min(1).max(1_000),
});

export type PageFileEntry = z.infer<typeof file>;
export type PageManifest = z.infer<typeof schema>;

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  json: 'application/json; charset=utf-8',
  webmanifest: 'application/manifest+json',
  wasm: 'application/wasm',
  txt: 'text/plain; charset=utf-8',
};

/** By its ending; what nobody knows is bytes, which no browser runs. */
export function typeOf(name: string): string {
  return TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws WebBuildError WEB_PAGE_INVALID */
export async function readManifest(dir: string): Promise<PageManifest> {
  const name = path.join(dir, MANIFEST);
  try {
    return schema.parse(JSON.parse(await readFile(name, 'utf8')));
  } catch (cause) {
    throw new WebBuildError('WEB_PAGE_INVALID', `${dir} holds no built page`, { file: name }, { cause });
  }
}
