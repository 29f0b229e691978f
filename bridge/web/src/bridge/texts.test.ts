import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { errorsAbi } from '../../../client/abi.ts';
import { en } from '../texts/en.ts';
import { fr } from '../texts/fr.ts';

type Told = Readonly<Record<string, { readonly what: string; readonly next: string }>>;
const languages: readonly (readonly [string, Told])[] = [
  ['English', en.errors],
  ['French', fr.errors],
];

/** Members of a union of string literals, from its source: a type is not there when a test runs. */
async function union(file: string, name: string): Promise<string[]> {
  const source = await readFile(new URL(file, import.meta.url), 'utf8');
  const bare = source.replace(/\/\*\*[\s\S]*?\*\//g, '');
  const code = bare.split(`export type ${name} =`)[1]?.split(';')[0] ?? '';
  return [...code.matchAll(/'(\w+)'/g)].map(([, code = '']) => code);
}

describe('texts of what can go wrong', () => {
  it.each(languages)('every code of the engine is told in %s', async (_, told) => {
    const codes = await union('../transfers/trouble.ts', 'TransferErrorCode');
    expect(codes.length).toBeGreaterThan(30);
    expect(codes.filter((code) => !Object.hasOwn(told, code))).toEqual([]);
  });

  it.each(languages)('every code of recovery is told in %s', async (_, told) => {
    const codes = await union('../recovery/errors.ts', 'RecoveryErrorCode');
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !Object.hasOwn(told, code))).toEqual([]);
  });

  it.each(languages)('every error of the contracts that this page can meet is told in %s', (_, told) => {
    const names = errorsAbi.map(({ name }) => name as string).filter((name) => Object.hasOwn(told, name));
    const calls = ['Frozen', 'NotFrozen', 'NothingToWithdraw', 'VaultFull', 'UnknownToken', 'QueueEmpty', 'WrongValue'];
    calls.push('QueueDeadlineNotPassed', 'AlreadyEscaped', 'AlreadyTakenIn', 'AlreadyClaimed', 'RootNotAttested');
    calls.push('VaultShort', 'EtherTransferFailed', 'IndexOutOfRange');
    expect(calls.filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(languages)('each says in %s what happened and what to do next', (_, told) => {
    for (const { what, next } of Object.values(told)) {
      expect(what.length).toBeGreaterThan(3);
      expect(next.length).toBeGreaterThan(3);
    }
  });

  it('a translation has the values of the English text', () => {
    const values = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    const french: Told = fr.errors;
    for (const [code, { what, next }] of Object.entries(en.errors)) {
      expect([code, values(french[code]?.what ?? '')]).toEqual([code, values(what)]);
      expect([code, values(french[code]?.next ?? '')]).toEqual([code, values(next)]);
    }
    const pairs = (a: object, b: object): [string, string][] =>
      Object.entries(a).flatMap(([key, value]) => {
        const other: unknown = (b as Record<string, unknown>)[key]; // typed by the English ones
        return typeof value === 'string' ? [[value, String(other)] as [string, string]] : pairs(value, other as object);
      });
    for (const [text, translated] of pairs(en.bridge, fr.bridge)) expect(values(translated)).toEqual(values(text));
  });
});
