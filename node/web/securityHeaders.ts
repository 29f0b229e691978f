import type { WebConfig } from '../../sdk/webConfig.ts';

/** A host as a browser writes it into `Host`, and nothing that could end a directive of the policy. */
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/i;

const COMMON = {
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'font-src': "'self'",
  'worker-src': "'self'",
  'manifest-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  // text becomes neither markup nor script; bridge/web/src/app/trustedTypes.ts names the one exception
  'require-trusted-types-for': "'script'",
  'trusted-types': 'default',
} as const;

/** On scripts: a worker is bound by the policy that its own file came with. The same for every deployment, as files are kept for ever. */
export const SCRIPT_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * What the page may load and talk to: itself, and the endpoints its configuration names. No inline script, no `eval` (WebAssembly
 * for hashes and proofs only), nothing of another origin.
 * @param host of the request; its WebSocket is the page's own. Browsers differ in whether 'self' includes it.
 */
export function contentSecurityPolicy(config: WebConfig, host?: string): string {
  const own = host !== undefined && HOST.test(host) ? [`ws://${host}`, `wss://${host}`] : [];
  const connect = [...new Set(["'self'", ...own, ...endpoints(config)])].join(' ');
  return join({ ...COMMON, 'connect-src': connect, 'frame-ancestors': "'none'" });
}

/** The same for files that somebody else serves, as a `<meta>`; there `frame-ancestors` means nothing. */
export function metaPolicy(config: WebConfig): string {
  return join({ ...COMMON, 'connect-src': ["'self'", ...endpoints(config)].join(' ') });
}

/** On everything that belongs to the page. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-dns-prefetch-control': 'off',
  'referrer-policy': 'no-referrer',
  'permissions-policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=()',
};

/** Origins of the endpoints, and of their WebSockets. */
function endpoints({ rpc, l1 }: WebConfig): string[] {
  const urls = [rpc, l1.rpc].filter((url) => url !== undefined && URL.canParse(url)) as string[]; // by the filter
  return [
    ...new Set(
      urls.flatMap((url) => {
        const { protocol, host } = new URL(url);
        const isTls = protocol === 'https:' || protocol === 'wss:';
        return isTls ? [`https://${host}`, `wss://${host}`] : [`http://${host}`, `ws://${host}`];
      }),
    ),
  ];
}

function join(directives: Readonly<Record<string, string>>): string {
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
}
