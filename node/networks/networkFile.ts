import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { defaultCacheDir } from '../../circuits/build/paths.ts';
import { address } from '../config/fields.ts';
import { NetworkFileError } from './errors.ts';

const chainId = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const bootnode = z.string().regex(/^\/[a-z0-9]+\/\S+\/p2p\/[a-zA-Z0-9]+$/, 'expected a multiaddress with /p2p/<id>');

const schema = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9 ._-]{0,63}$/, 'expected a name'),
  l1ChainId: chainId,
  l2ChainId: chainId,
  l1: z.strictObject({
    rollup: address,
    attestations: address.optional(),
    evmLane: address.optional(),
    registry: address.optional(),
    startBlock: z.number().int().nonnegative(),
    /** Local networks only: whoever joins another one uses an L1 node of its own. */
    rpcUrl: z.url({ protocol: /^https?$/ }).optional(),
  }),
  spec: z.string().min(1).optional(),
  bootnodes: z.array(bootnode).max(100),
});

/** What a node has to know to join a network. It holds no secrets, and is trusted as far as L1 confirms it. */
export type NetworkFile = z.infer<typeof schema>;

/** @throws NetworkFileError NETWORK_UNREADABLE, NETWORK_INVALID */
export function readNetworkFile(file: string): NetworkFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new NetworkFileError('NETWORK_UNREADABLE', `${file} cannot be read`, { file }, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new NetworkFileError('NETWORK_INVALID', `${file} is not JSON`, { file }, { cause });
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? '';
    const message = `${file}: ${field === '' ? '' : `${field}: `}${issue?.message ?? 'invalid'}`;
    throw new NetworkFileError('NETWORK_INVALID', message, { file, field });
  }
  const { spec } = parsed.data;
  // a spec of its own lies beside the file
  const isPath = spec !== undefined && /[/\\]|\.json$/.test(spec);
  return isPath && !isAbsolute(spec) ? { ...parsed.data, spec: resolve(dirname(file), spec) } : parsed.data;
}

/** Replaces the file in one step: a reader finds the old one or the new one. @throws NetworkFileError NETWORK_INVALID, NETWORK_UNREADABLE */
export function writeNetworkFile(file: string, network: NetworkFile): void {
  const parsed = schema.safeParse(network);
  if (!parsed.success) throw new NetworkFileError('NETWORK_INVALID', z.prettifyError(parsed.error), { file });
  try {
    mkdirSync(dirname(file), { recursive: true });
    const draft = `${file}.${process.pid}.tmp`;
    writeFileSync(draft, `${JSON.stringify(parsed.data, null, 2)}\n`);
    renameSync(draft, file);
  } catch (cause) {
    throw new NetworkFileError('NETWORK_UNREADABLE', `${file} cannot be written`, { file }, { cause });
  }
}

/** Where the devnet that was started last leaves its file, for `--network devnet`. The folder belongs to the user alone. */
export function devnetFile(): string {
  return join(defaultCacheDir(), 'devnet', 'network.json');
}

/**
 * Writes the file of a devnet into its data folder, and where `--network devnet` looks for it: of two devnets, the one that was
 * started last. @returns the file in the data folder
 */
export function writeDevnetNetwork(dataDir: string, network: NetworkFile): string {
  const file = join(dataDir, 'network.json');
  writeNetworkFile(file, network);
  writeNetworkFile(devnetFile(), network);
  return file;
}

/** @param nameOrFile `devnet`, or the path of a file. @throws NetworkFileError NO_DEVNET and those of `readNetworkFile` */
export function loadNetwork(nameOrFile: string): NetworkFile {
  if (nameOrFile !== 'devnet') return readNetworkFile(nameOrFile);
  try {
    return readNetworkFile(devnetFile());
  } catch (cause) {
    if (!(cause instanceof NetworkFileError) || cause.code !== 'NETWORK_UNREADABLE') throw cause;
    throw new NetworkFileError('NO_DEVNET', 'no devnet has been started here: engram devnet', {}, { cause });
  }
}

/** Its settings by field (`section.name`), as a configuration file would have them. */
export function networkSettings({ l1, spec, bootnodes }: NetworkFile): ReadonlyMap<string, unknown> {
  const values: [string, unknown][] = [
    ...Object.entries(l1).map(([name, value]): [string, unknown] => [`l1.${name}`, value]),
    ['evm.spec', spec],
    ['p2p.enabled', true],
    ['p2p.bootnodes', bootnodes],
  ];
  return new Map(values.filter(([, value]) => value !== undefined));
}
