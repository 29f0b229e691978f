/** `npm run check`: types, lint and format, layer rules, unused code. Runs them all, fails if one fails. `check -- types lint` runs a selection. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

/** The script behind a package's command, started with this Node: needs neither npx nor a shell, so it works on every platform. */
function command(packageName: string, script?: string): string[] {
  const manifestPath = join(root, 'node_modules', packageName, 'package.json');
  const bin = (require(manifestPath) as { bin: string | Record<string, string> }).bin;
  const relative = typeof bin === 'string' ? bin : bin[script ?? packageName];
  if (relative === undefined) throw new Error(`${packageName} has no command ${script ?? packageName}`);
  return [join(dirname(manifestPath), relative)];
}

const steps: Record<string, string[]> = {
  types: [...command('typescript', 'tsc'), '--noEmit', '-p', 'tsconfig.json'],
  lint: [...command('@biomejs/biome', 'biome'), 'check', '--error-on-warnings', '.'],
  layers: ['--import', 'tsx', 'scripts/checkLayers.ts'],
  unused: [...command('knip', 'knip'), '--no-progress'],
};

const selected = process.argv.slice(2);
const unknown = selected.filter((name) => !(name in steps));
if (unknown.length > 0) {
  console.error(`unknown check: ${unknown.join(', ')}; there are ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}

const failed: string[] = [];
for (const [name, args] of Object.entries(steps)) {
  if (selected.length > 0 && !selected.includes(name)) continue;
  const started = performance.now();
  console.log(`\n=== check: ${name} ===`);
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  console.log(
    `--- ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (status !== 0) failed.push(name);
}
console.log(failed.length === 0 ? '\nall checks passed' : `\nfailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
