/**
 * Layers: an import goes down, never up, and siblings of one layer do not know each other; node/ wires them together.
 * bench/, examples/ and test/ stand above everything. Unit tests (x.test.ts) may use siblings of their own layer, nothing above.
 */
const layers = [
  ['protocol'],
  ['circuits', 'chain', 'genesis'],
  ['prover', 'sequencer', 'bridge'],
  ['sdk'],
  ['agents'],
  ['bridge/web'],
  ['node'],
  ['bench', 'examples', 'test', 'scripts'],
];

/** The page has a layer of its own, above what it imports. */
const folders = (names) => `^(${names.map((name) => (name === 'bridge' ? 'bridge(?!/web/)' : name)).join('|')})/`;

const upward = layers.slice(0, -1).map((layer, depth) => ({
  name: `no-import-up-from-${layer.join('-')}`,
  severity: 'error',
  comment: `${layer.join(', ')} must not import from a layer above`,
  from: { path: folders(layer) },
  to: { path: folders(layers.slice(depth + 1).flat()) },
}));

const sideways = layers.slice(0, -1).flatMap((layer) =>
  layer
    .filter((name) => layer.length > 1 && name !== 'genesis')
    .map((name) => ({
      name: `no-import-sideways-from-${name}`,
      severity: 'error',
      comment: `${name} must not import its siblings; node/ wires them`,
      from: { path: folders([name]), pathNot: '\\.test\\.ts$|/testing/' },
      to: { path: folders(layer.filter((other) => other !== name && other !== 'genesis')) },
    })),
);

module.exports = {
  forbidden: [
    ...upward,
    ...sideways,
    {
      name: 'protocol-is-pure',
      severity: 'error',
      comment: 'protocol/ has no I/O, clock, logger or randomness',
      from: { path: '^protocol/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^(node:)?(fs|fs/promises|net|http|https|http2|tls|dgram|dns|child_process|worker_threads|cluster|os|timers|timers/promises|readline|process|crypto)$|node_modules/(pino|level|viem|fastify|ws|snarkjs)/',
      },
    },
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'a cycle hides who owns what',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency-in-production',
      severity: 'error',
      comment: 'npm ci --omit=dev must leave a working node',
      from: { path: folders(layers.slice(0, -1).flat()), pathNot: '\\.test\\.ts$|/testing/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/(@types|pino-pretty)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(artifacts|dist|coverage)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
