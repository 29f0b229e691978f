import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { WebBuildError } from '../../bridge/web/build/errors.ts';
import { type PageFileEntry, readManifest, sha256 } from '../../bridge/web/build/manifest.ts';

export interface PageFile {
  readonly type: string;
  readonly etag: string;
  readonly isImmutable: boolean;
  readonly bytes: Buffer;
  readonly br?: Buffer;
  readonly gzip?: Buffer;
}

/** A part of a file's answer: what the browser can read, the best first. */
export interface Encoded {
  readonly body: Buffer;
  readonly encoding?: 'br' | 'gzip';
}

/**
 * A built page in memory, by the names of its manifest: a request can only ever name one of these, so no path of a request is
 * joined to a folder anywhere. A megabyte or two.
 */
export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>;
  readonly hash: string;

  constructor(files: ReadonlyMap<string, PageFile>, hash: string) {
    this.#files = files;
    this.hash = hash;
  }

  /** @throws WebBuildError WEB_PAGE_INVALID: no page there, or not the one of its manifest */
  static async read(dir: string): Promise<PageFiles> {
    const manifest = await readManifest(dir);
    const files = new Map<string, PageFile>();
    for (const entry of manifest.files) files.set(entry.path, await readEntry(dir, entry));
    if (!files.has('index.html')) throw new WebBuildError('WEB_PAGE_INVALID', `${dir} has no index.html`, { dir });
    return new PageFiles(files, manifest.hash);
  }

  /** @param name without a slash in front, decoded */
  get(name: string): PageFile | undefined {
    return this.#files.get(name);
  }

  get names(): readonly string[] {
    return [...this.#files.keys()];
  }
}

async function readEntry(dir: string, entry: PageFileEntry): Promise<PageFile> {
  const full = path.join(dir, entry.path);
  const read = (suffix = '') =>
    readFile(`${full}${suffix}`).catch((cause: unknown) => {
      throw new WebBuildError('WEB_PAGE_INVALID', `${entry.path}${suffix} is missing`, { dir }, { cause });
    });
  const bytes = await read();
  if (sha256(bytes) !== entry.sha256) {
    throw new WebBuildError('WEB_PAGE_INVALID', `${entry.path} is not the file of the manifest`, { dir });
  }
  return {
    type: entry.type,
    etag: `"${entry.sha256.slice(0, 32)}"`,
    isImmutable: entry.isImmutable,
    bytes,
    ...(entry.encodings.includes('br') && { br: await read('.br') }),
    ...(entry.encodings.includes('gz') && { gzip: await read('.gz') }),
  };
}

/** By `Accept-Encoding`; a coding with q=0 is refused. */
export function encoded(file: PageFile, accepted = ''): Encoded {
  const codings = new Map(
    accepted
      .toLowerCase()
      .split(',')
      .slice(0, 20)
      .map((part): [string, boolean] => {
        const [coding = '', ...parameters] = part.split(';').map((text) => text.trim());
        return [coding, !parameters.some((text) => /^q=0(\.0*)?$/.test(text))];
      }),
  );
  if (file.br !== undefined && codings.get('br') === true) return { body: file.br, encoding: 'br' };
  if (file.gzip !== undefined && codings.get('gzip') === true) return { body: file.gzip, encoding: 'gzip' };
  return { body: file.bytes };
}
