import { describe, expect, test } from 'vitest';
import { epochAt, epochStart, parseServiceDocument, revealStart, serviceDocumentText } from './serviceDocument.ts';
import { expectEpochCode } from './testing/expectEpochCode.ts';
import { DOCUMENT, EPOCH, REVEAL, START } from './testing/serviceWorld.ts';

describe('service document', () => {
  const text = serviceDocumentText(DOCUMENT);

  test('has one text', () => {
    expect(text).toBe(
      '{"bondsMovingAverage":900000,"bondsPenalty":65535,"emission":"1000000","epochSeconds":1000,"kappa":32767,' +
        '"maxEvaluators":8,"maxProviders":16,"minStake":"100","name":"digits","revealSeconds":200,"start":1800000000,' +
        '"task":"digits","version":1}',
    );
    expect(parseServiceDocument(text)).toEqual(DOCUMENT);
  });

  test.each<[string, string]>([
    ['white space', text.replace(',', ', ')],
    ['an unknown member', text.replace('}', ',"zzz":1}')],
    ['a member twice', text.replace('"version":1', '"version":1,"version":1')],
    ['a missing member', text.replace('"task":"digits",', '')],
    ['an amount as a number', text.replace('"1000000"', '1000000')],
    ['an amount of 97 bits', text.replace('"1000000"', `"${1n << 96n}"`)],
    ['revealing all the time', text.replace('"revealSeconds":200', '"revealSeconds":1000')],
    ['no time to reveal', text.replace('"revealSeconds":200', '"revealSeconds":0')],
    ['257 evaluators', text.replace('"maxEvaluators":8', '"maxEvaluators":257')],
    ['4097 providers', text.replace('"maxProviders":16', '"maxProviders":4097')],
    ['kappa over 16 bits', text.replace('"kappa":32767', '"kappa":65536')],
    ['version 2', text.replace('"version":1', '"version":2')],
    ['no name', text.replace('"name":"digits"', '"name":""')],
    ['5 KiB', text.replace('"name":"digits"', `"name":"${'x'.repeat(5000)}"`)],
    ['no JSON', 'service'],
  ])('%s is refused', (_, bad) => {
    expect(bad).not.toBe(text);
    expectEpochCode('BAD_SERVICE_DOCUMENT', () => parseServiceDocument(bad));
  });

  test('one that breaks a rule has no text', () => {
    expectEpochCode('BAD_SERVICE_DOCUMENT', () => serviceDocumentText({ ...DOCUMENT, epochSeconds: 1 }));
  });

  test('epochs follow each other without a gap', () => {
    expect(epochAt(DOCUMENT, START - 1)).toBe(-1);
    expect(epochAt(DOCUMENT, START)).toBe(0);
    expect(epochAt(DOCUMENT, START + EPOCH - 1)).toBe(0);
    expect(epochAt(DOCUMENT, START + EPOCH)).toBe(1);
    expect(epochStart(DOCUMENT, 3)).toBe(START + 3 * EPOCH);
    expect(revealStart(DOCUMENT, 0)).toBe(START + EPOCH - REVEAL);
  });
});
