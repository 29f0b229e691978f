import { describe, expect, test } from 'vitest';
import { EMPTY_TALLY, type Finding, type Tally, tallyJson, weightOf, withFinding } from './judging.ts';

function tally(change: Partial<Tally>): Tally {
  return { ...EMPTY_TALLY, ...change };
}

describe('a weight', () => {
  test.each<[string, Partial<Tally>, number | undefined, number]>([
    ['everything right', { asked: 10, answered: 10, labelled: 10, correct: 10 }, 10, 65_535],
    ['nine of ten of ten classes: 8/9', { asked: 10, answered: 10, labelled: 10, correct: 9 }, 10, 58_253],
    ['no better than chance', { asked: 10, answered: 10, labelled: 10, correct: 1 }, 10, 0],
    ['worse than chance', { asked: 10, answered: 10, labelled: 10, correct: 0 }, 10, 0],
    ['half of it unanswered', { asked: 10, answered: 5, labelled: 5, correct: 5 }, 10, 32_767],
    ['one fault', { asked: 99, answered: 99, labelled: 99, correct: 99, faults: ['OUTPUT_MISMATCH'] }, 10, 0],
    ['never asked', {}, 10, 0],
    ['answered, but nothing to judge by', { asked: 5, answered: 5, repeated: 5 }, 10, 0],
    ['a task without labels: it repeats', { asked: 4, answered: 3, repeated: 3 }, undefined, 49_151],
    ['a task without labels: nothing repeated', { asked: 4, answered: 4 }, undefined, 0],
  ])('%s', (_, seen, classes, weight) => {
    expect(weightOf(tally(seen), classes)).toBe(weight);
  });
});

describe('findings', () => {
  test('add up; what is passed over leaves no trace', () => {
    const found: Finding[] = [
      { kind: 'answered', isCorrect: true, isRepeated: true },
      { kind: 'answered', isCorrect: false, isRepeated: false },
      { kind: 'answered', isRepeated: true },
      { kind: 'unanswered' },
      { kind: 'passed' },
      { kind: 'fault', code: 'OUTPUT_MISMATCH' },
    ];
    const sum = found.reduce(withFinding, EMPTY_TALLY);
    expect(sum).toEqual({
      ...{ bought: 0, asked: 5, answered: 4, labelled: 2, correct: 1, repeated: 2 },
      faults: ['OUTPUT_MISMATCH'],
    });
    expect(tallyJson.decode(JSON.parse(JSON.stringify(tallyJson.encode(sum))))).toEqual(sum);
  });

  test('a thousand faults take the room of a few', () => {
    let sum = EMPTY_TALLY;
    for (let i = 0; i < 1_000; i += 1) sum = withFinding(sum, { kind: 'fault', code: 'X' });
    expect(sum.faults).toHaveLength(8);
  });
});
