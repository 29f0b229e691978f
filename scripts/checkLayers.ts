/**
 * Runs the layer rules of .dependency-cruiser.cjs. Some TypeScript versions have no JavaScript API, and dependency-cruiser
 * then sees no TypeScript module and passes: so the number of modules is asserted too.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const MINIMUM_MODULES = 30;
const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const config: { forbidden: IForbiddenRuleType[]; options: object } = createRequire(import.meta.url)(
  '../.dependency-cruiser.cjs',
);
const folders = [
  'protocol',
  'circuits',
  'chain',
  'genesis',
  'prover',
  'sequencer',
  'bridge',
  'agents',
  'sdk',
  'node',
  'bench',
  'examples',
  'test',
  'scripts',
];

const { output } = await cruise(
  folders.filter((folder) => existsSync(folder)),
  { ...config.options, ruleSet: { forbidden: config.forbidden }, validate: true },
  undefined,
  { tsConfig: extractTSConfig('tsconfig.json') },
);
const result = output as ICruiseResult;
const own = result.modules.filter(
  (module) => module.source.endsWith('.ts') && !module.source.startsWith('node_modules'),
);

for (const violation of result.summary.violations) {
  const via = violation.cycle ? ` (${violation.cycle.map((step) => step.name).join(' → ')})` : '';
  console.error(`${violation.rule.severity} ${violation.rule.name}: ${violation.from} → ${violation.to}${via}`);
}
console.log(`layers: ${own.length} TypeScript modules, ${result.summary.violations.length} violations`);
if (own.length <= MINIMUM_MODULES) {
  console.error(
    `layers: only ${own.length} modules were seen (more than ${MINIMUM_MODULES} expected): the check does not work here`,
  );
  process.exitCode = 1;
}
if (result.summary.error > 0) process.exitCode = 1;
