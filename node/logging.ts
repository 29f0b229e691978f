import { createRequire } from 'node:module';
import { type DestinationStream, type Logger, pino } from 'pino';

export interface LoggingOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly pretty: boolean | 'auto';
  /** Texts that no line may show, wherever they come from: keys, endpoints with a token in them. */
  readonly hide?: readonly string[];
}

const CENSORED = '[secret]';
const SECRET_NAMES = ['seed', 'key', 'privateKey', 'secret', 'secrets', 'passphrase', 'l1Key', 'attestorKeys'];

/** pino with constant messages plus fields; one child a module: `logger.child({ module: 'rpc' })`. */
export function createLogger({ level, pretty, hide = [] }: LoggingOptions, destination?: DestinationStream): Logger {
  const isPretty = pretty === 'auto' ? process.stderr.isTTY === true : pretty;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => textBigints(fields) as Record<string, unknown>,
      },
      redact: {
        paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: CENSORED,
      },
      hooks: {
        // The last look at a line, whoever wrote it: libraries put URLs into the messages of their errors.
        streamWrite: (line) => hide.reduce((text, secret) => text.replaceAll(secret, CENSORED), line),
      },
    },
    destination ?? (isPretty ? prettyStream() : pino.destination(2)),
  );
}

/** pino writes a bigint as a bare number, which readers of JSON round. Errors keep pino's own serialiser. */
function textBigints(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || depth > 4 || value instanceof Error) return value;
  if (Array.isArray(value)) return value.map((item) => textBigints(item, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, textBigints(member, depth + 1)]));
}

/** pino-pretty is a development dependency: without it the lines stay JSON. */
function prettyStream(): DestinationStream {
  try {
    const build = createRequire(import.meta.url)('pino-pretty') as (options: object) => DestinationStream;
    return build({
      destination: 2,
      sync: true,
      singleLine: true,
      translateTime: 'SYS:HH:MM:ss',
      ignore: 'module',
      messageFormat: '{module} {msg}',
    });
  } catch {
    return pino.destination(2);
  }
}
