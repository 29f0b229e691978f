import { WebBuildError } from '../../bridge/web/build/errors.ts';
import type { Logger } from '../../chain/logger.ts';
import type { WebConfig } from '../../sdk/webConfig.ts';
import type { CircuitFile } from './circuitFiles.ts';
import { PageFiles } from './pageFiles.ts';

/** What routes need to serve a page, whoever has it. */
export interface PageSource {
  /** @throws WebBuildError */
  files(): Promise<PageFiles>;
  /** @param host of the request */
  config(host: string | undefined): Promise<WebConfig>;
  circuit(hash: string, name: string): Promise<CircuitFile | undefined>;
}

/** A build that failed is not tried again with every request. */
const AGAIN_MS = 60_000;

export interface BuiltPageDependencies {
  /** `buildPage`, with its folder and signal. */
  readonly build: () => Promise<{ readonly dir: string }>;
  /** Aborted: nobody wants the page any more, and a build that ends is no news. */
  readonly signal?: AbortSignal;
  readonly logger: Logger;
  readonly nowMs?: () => number;
}

/**
 * Builds the page when it is asked for the first time (or `prepare`d) and keeps it. Everybody who asks meanwhile waits for the same
 * build.
 */
export class BuiltPageFiles {
  readonly #deps: BuiltPageDependencies;
  #files: Promise<PageFiles> | undefined;
  #failedAtMs: number | undefined;

  constructor(deps: BuiltPageDependencies) {
    this.#deps = deps;
  }

  /** @throws WebBuildError */
  get(): Promise<PageFiles> {
    const { nowMs = () => performance.now() } = this.#deps;
    if (this.#failedAtMs !== undefined && nowMs() - this.#failedAtMs > AGAIN_MS) this.#files = undefined;
    this.#files ??= this.#build(nowMs);
    return this.#files;
  }

  async #build(nowMs: () => number): Promise<PageFiles> {
    const { logger, build, signal } = this.#deps;
    this.#failedAtMs = undefined;
    const startedMs = nowMs();
    try {
      const files = await PageFiles.read((await build()).dir);
      logger.info({ hash: files.hash, ms: Math.round(nowMs() - startedMs) }, 'web page ready');
      return files;
    } catch (error) {
      this.#failedAtMs = nowMs();
      if (signal?.aborted !== true) logger.warn({ err: error }, 'no web page: it could not be built');
      throw error instanceof WebBuildError
        ? error
        : new WebBuildError('WEB_BUILD_FAILED', 'the page could not be built', {}, { cause: error });
    }
  }
}
