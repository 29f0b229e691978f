/** Where the main thread's time goes, by area: each sample counts for the innermost function that belongs to one. */
import type { Profiler } from 'node:inspector';

export interface AreaShare {
  readonly area: string;
  readonly percent: number;
  readonly ms: number;
  /** For which of our own functions it works most. */
  readonly top: readonly string[];
}

/** The first that fits a file's path. What fits none is looked for in the caller. */
const AREAS: readonly (readonly [area: string, pattern: RegExp])[] = [
  ['profiler', /node:inspector|bench\/evm\//],
  [
    'hashing and signatures',
    /node_modules\/(keccak|secp256k1|@noble|ethereum-cryptography|viem\/[^:]*\/hash)\/|chain\/evm\/crypto/,
  ],
  ['trie', /@ethereumjs\/mpt\/|chain\/evm\/state\/.*[tT]rie|chain\/evm\/listRoot/],
  ['state', /@ethereumjs\/statemanager\/|chain\/evm\/state\//],
  ['EVM', /@ethereumjs\/(evm|vm|common|block)\/|chain\/evm\//],
  ['transactions and RLP', /@ethereumjs\/(tx|rlp|util)\//],
  ['pool', /sequencer\/evm\//],
  [
    'RPC',
    /node\/rpc\/|node\/backend\/|node_modules\/(fastify|@fastify|light-my-request|find-my-way|avvio|ws|zod|fast-[^/]+|secure-json-parse)\/|node:(_?http|net|internal\/streams|_stream)/,
  ],
  ['store', /chain\/(store|db|records|keys)|node_modules\/(level|classic-level|abstract-level|browser-level)\//],
  ['ledger and batches', /sequencer\/|protocol\/|chain\//],
  ['L1 and attesting', /bridge\/|node\/l1\/|node\/evm\/|node_modules\/(viem|abitype|ox)\//],
];

/** Left out of what 100 % is. */
const NOT_WORK: ReadonlySet<string> = new Set(['idle', 'profiler']);

export function areaShares({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): AreaShare[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map<number, number>();
  for (const { id, children = [] } of nodes) for (const child of children) parents.set(child, id);
  const areaOf = new Map<number, { area: string; name: string }>();
  const classify = (id: number): { area: string; name: string } => {
    const known = areaOf.get(id);
    if (known !== undefined) return known;
    const frame = byId.get(id)?.callFrame;
    const isOwn = frame?.url.startsWith('file:') === true && !frame.url.includes('/node_modules/');
    const parent = parents.get(id);
    const caller = parent === undefined ? undefined : classify(parent);
    // One of our functions, or what calls one of a package: that is what can be changed.
    const name = isOwn ? `${frame.functionName || '(anonymous)'} ${shortUrl(frame.url)}` : (caller?.name ?? '(node)');
    let area = specialArea(frame?.functionName) ?? AREAS.find(([, pattern]) => pattern.test(frame?.url ?? ''))?.[0];
    area ??= caller?.area ?? 'other';
    const found = { area, name };
    areaOf.set(id, found);
    return found;
  };
  const sums = new Map<string, { us: number; functions: Map<string, number> }>();
  let busy = 0;
  for (const [position, id] of samples.entries()) {
    const us = timeDeltas[position] ?? 0;
    const { area, name } = classify(id);
    const sum = sums.get(area) ?? { us: 0, functions: new Map<string, number>() };
    sum.us += us;
    sum.functions.set(name, (sum.functions.get(name) ?? 0) + us);
    sums.set(area, sum);
    if (!NOT_WORK.has(area)) busy += us;
  }
  return [...sums]
    .filter(([area]) => area !== 'profiler')
    .map(([area, { us, functions }]) => ({
      area,
      percent: Number(((100 * us) / busy).toFixed(1)),
      ms: Math.round(us / 1000),
      top: [...functions]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 6)
        .map(([name, time]) => `${name} ${((100 * time) / busy).toFixed(1)}%`),
    }))
    .sort((a, b) => b.ms - a.ms);
}

function specialArea(name: string | undefined): string | undefined {
  if (name === '(idle)') return 'idle';
  if (name === '(garbage collector)') return 'garbage collection';
  if (name === '(program)') return 'native and kernel';
  return undefined;
}

function shortUrl(url: string): string {
  return url
    .replace(/^file:\/\//, '')
    .split('/')
    .slice(-3)
    .join('/');
}
