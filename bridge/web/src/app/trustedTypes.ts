/** Where scripts may come from, by the browser's own check: the part of it that TypeScript's library does not know yet. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string | null }): unknown;
}

/**
 * The page's policy forbids text that becomes a script or markup, whoever writes it. Of all such places the page needs one: the
 * address of its worker, which must be one of its own files.
 */
export function trustOwnScripts(base = document.baseURI): void {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }; // not in every browser
  trustedTypes?.createPolicy('default', { createScriptURL: (url) => (isOwnScript(url, base) ? url : null) });
}

/** A script of the page's assets. */
export function isOwnScript(url: string, base: string): boolean {
  if (!URL.canParse(url, base)) return false;
  const { origin, pathname } = new URL(url, base);
  const assets = new URL('./assets/', base);
  return origin === assets.origin && pathname.startsWith(assets.pathname) && pathname.endsWith('.js');
}
