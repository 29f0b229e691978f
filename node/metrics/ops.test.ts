/** What operators are given speaks of metrics, settings, options and sections that exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { loadConfig, lockedKeystore } from '../config/config.ts';
import { listOptions } from '../config/options.ts';
import { commandLine } from '../main.ts';
import { Metrics } from '../metrics.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

/** Series by name with their labels, as a node with everything switched on has them. */
async function series(): Promise<{ names: Set<string>; types: Map<string, string> }> {
  const metrics = new Metrics();
  metrics.network.peers(1);
  metrics.l1.balance(1n);
  metrics.l1.watch(() => 1);
  metrics.watchPools(() => ({ ledger: 0, evm: { pending: 0, queued: 0 } }));
  const types = new Map(
    [...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)/gm)].map(([, name, type]) => [name ?? '', type ?? '']),
  );
  const names = new Set<string>(['up']);
  for (const [name, type] of types) {
    names.add(name);
    if (type === 'histogram') for (const part of ['bucket', 'sum', 'count']) names.add(`${name}_${part}`);
  }
  return { names, types };
}

/** Names of series in an expression: words that are neither labels, functions, nor in quotes. */
function namesIn(expr: string): string[] {
  const bare = expr
    .replace(/"[^"]*"/g, '""')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|ignoring|on|without)\s*\([^)]*\)/g, '');
  return [...bare.matchAll(/[a-z_][a-z0-9_]*(?!\s*\()\b/g)]
    .map(([name]) => name)
    .filter((name) => !/^(and|or|unless|e\d+)$/.test(name) && !new RegExp(`\\b${name}\\s*\\(`).test(bare));
}

interface Alert {
  readonly name: string;
  readonly text: string;
  readonly expr: string;
}

function alerts(): Alert[] {
  return read('ops/prometheus/alerts.yml')
    .split(/^ {6}- alert: /m)
    .slice(1)
    .map((text) => ({
      name: text.split('\n')[0] ?? '',
      text,
      expr: /^ {8}expr: (.*)$/m.exec(text)?.[1] ?? '',
    }));
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

describe('the dashboard', () => {
  const { panels, templating } = JSON.parse(read('ops/grafana/engram.json')) as {
    panels: readonly Panel[];
    templating: object;
  };
  const exprs = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

  it('shows metrics that exist', async () => {
    const { names } = await series();
    expect(exprs.length).toBeGreaterThan(40);
    const unknown = exprs.flatMap(({ title, expr }) =>
      namesIn(expr).flatMap((name) => (names.has(name) ? [] : [`${title}: ${name}`])),
    );
    expect(unknown).toEqual([]);
    expect(exprs.filter(({ expr }) => namesIn(expr).length === 0)).toEqual([]);
    expect(JSON.stringify(templating)).toContain('label_values(engram_build_info, instance)');
  });

  it('shows all metrics of ours', async () => {
    const { types } = await series();
    const shown = new Set(
      exprs.flatMap(({ expr }) => namesIn(expr)).map((name) => name.replace(/_(bucket|count|sum)$/, '')),
    );
    const ours = [...types.keys()].filter((name) => name.startsWith('engram_') && name !== 'engram_live');
    expect(ours.filter((name) => !shown.has(name))).toEqual([]);
  });

  it('takes rates of counters only', async () => {
    const { types } = await series();
    const counted = exprs.flatMap(({ expr }) =>
      [...expr.matchAll(/(?:rate|increase)\((\w+)/g)].map(([, name = '']) => name),
    );
    const rates = counted.map((name) => name.replace(/_(bucket|count|sum)$/, ''));
    // the number of the newest block only rises but for rollbacks
    const gauges = rates.filter((name) => types.get(name) === 'gauge' && name !== 'engram_head');
    expect(gauges).toEqual([]);
  });
});

describe('the alarms', () => {
  it('look at metrics that exist', async () => {
    const { names } = await series();
    const found = alerts();
    expect(found.length).toBeGreaterThan(15);
    for (const { name, expr, text } of found) {
      expect(namesIn(expr).length, name).toBeGreaterThan(0);
      expect(
        namesIn(expr).filter((one) => !names.has(one)),
        name,
      ).toEqual([]);
      expect(text, name).toMatch(/labels: \{ severity: (page|ticket) \}\n {8}annotations: \{ summary: "/);
    }
  });

  it('look at values of labels that exist', async () => {
    const heads = new Set(['block', 'closed', 'committed', 'proven']);
    const looked = alerts().flatMap(({ expr }) => [...expr.matchAll(/head="(\w+)"/g)].map(([, value = '']) => value));
    expect(looked.filter((value) => !heads.has(value))).toEqual([]);
  });

  it('have a section each in docs/operations.md that says what it means and what to do, and no section is left over', () => {
    const [, section = ''] = read('docs/operations.md').split(/^## Alarms$/m);
    const [own = ''] = section.split(/^## /m);
    const sections = own.split(/^### /m).slice(1);
    const titles = sections.map((text) => text.split('\n')[0]?.trim());
    expect([...titles].sort()).toEqual(
      alerts()
        .map(({ name }) => name)
        .sort(),
    );
    for (const text of sections) {
      expect(text).toContain('**Means**');
      expect(text).toContain('**Do**');
    }
  });
});

describe('docs/operations.md', () => {
  const text = read('docs/operations.md');

  it('lists every setting with its names and default', () => {
    const missing = listOptions().filter(({ field, variable, flag, option }) => {
      const row = `| \`${field}\` | \`${variable}\` | \`${flag}\` |`;
      return !text.includes(row) || !text.includes(option.about);
    });
    expect(missing.map(({ field }) => field)).toEqual([]);
    const rows = [...text.matchAll(/^\| `([a-z0-9]+\.\w+)` \| `ENGRAM_/gm)].map(([, field]) => field);
    expect(rows).toEqual(listOptions().map(({ field }) => field));
  });

  it('lists every metric of ours', async () => {
    const { types } = await series();
    expect([...types.keys()].filter((name) => name.startsWith('engram_') && !text.includes(`\`${name}`))).toEqual([]);
  });

  it('speaks of commands that exist', () => {
    const program = commandLine();
    const spoken = [...text.matchAll(/engram ((?:validator|network|node|prover)(?: [a-z]+){0,2})/g)].map(
      ([, words = '']) => words.split(' '),
    );
    const resolve = (words: readonly string[]): boolean => {
      let at: Command = program;
      for (const word of words) {
        const next = at.commands.find((one) => one.name() === word || one.aliases().includes(word));
        // words of a sentence follow where a command has no more commands below it
        if (next === undefined) return at !== program && at.commands.length === 0;
        at = next;
      }
      return true;
    };
    expect(spoken.filter((words) => !resolve(words)).map((words) => words.join(' '))).toEqual([]);
  });
});

describe('systemd', () => {
  const units = ['engram-node', 'engram-prover'].map((name) => ({
    name,
    text: read('ops/systemd', `${name}.service`),
  }));

  it('starts commands with options that exist', () => {
    for (const { name, text } of units) {
      const [, command = '', rest = ''] = /^ExecStart=\/usr\/bin\/node .*engram\.mjs (\w+) (.*)$/m.exec(text) ?? [];
      const known = commandLine().commands.find((one) => one.name() === command);
      const flags = rest.split(' ').filter((word) => word.startsWith('--'));
      expect(flags.length, name).toBeGreaterThan(1);
      expect(
        flags.filter((flag) => !known?.options.some(({ long }) => long === flag)),
        name,
      ).toEqual([]);
    }
  });

  it('gives away as little as can be', () => {
    for (const { name, text } of units) {
      for (const line of [
        'NoNewPrivileges=yes',
        'ProtectSystem=strict',
        'CapabilityBoundingSet=',
        'UMask=0077',
        'LoadCredential=passphrase:',
      ]) {
        expect(text, name).toContain(`\n${line}`);
      }
      // a passphrase in the environment could be read by others of the same user
      expect(text, name).not.toMatch(/PASSPHRASE=|L1_KEY=/);
    }
  });

  it('comes with settings that are valid', () => {
    expect(lockedKeystore({ file: join(ROOT, 'ops/systemd/node.json') })).toBe('/etc/engram/validator.json');
    expect(() => loadConfig({ file: join(ROOT, 'ops/systemd/node.json') })).toThrow(
      expect.objectContaining({ code: 'NO_PASSPHRASE' }),
    );
  });
});
