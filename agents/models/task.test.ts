import { describe, expect, it } from 'vitest';
import { decodeTensors, encodeTensors } from '../execution/tensors.ts';
import { CLASSES, digitInput, labelled, labelOf, TASK_INPUT, textInput } from './task.ts';

const scores = (...values: number[]) =>
  encodeTensors([{ name: 'scores', type: 'float32', dimensions: [values.length], data: Float32Array.from(values) }]);

describe('labelled', () => {
  it.each(['digits', 'text'] as const)('asks about %s: the same for the same seed, in the form of the task', (task) => {
    const questions = labelled(task, { seed: 'a', count: 40 });
    expect(labelled(task, { seed: 'a', count: 40 })).toEqual(questions);
    expect(labelled(task, { seed: 'b', count: 40 })).not.toEqual(questions);
    for (const { input, label } of questions) {
      const { name, type, dimensions } = TASK_INPUT[task];
      expect(decodeTensors(input)).toMatchObject([{ name, type, dimensions }]);
      expect(label).toBeLessThan(CLASSES[task]);
    }
  });

  it('takes a number for a seed', () => {
    expect(labelled('text', { seed: 7, count: 5 })).toEqual(labelled('text', { seed: '7', count: 5 }));
  });

  it('writes digits worse if asked to', () => {
    const [plain, shifted] = (['plain', 'shifted'] as const).map((domain) =>
      labelled('digits', { seed: 'a', count: 5, domain }),
    );
    expect(plain).not.toEqual(shifted);
  });
});

describe('labelOf', () => {
  it('is the class with the highest score', () => {
    expect(labelOf('digits', scores(0, 0, 3, 1, 0, 0, 0, 0, 0, 0))).toBe(2);
    expect(labelOf('text', scores(-2, -1))).toBe(1);
  });

  it.each([
    ['bytes that are no tensors', Buffer.from('2')],
    ['nothing', new Uint8Array()],
    ['too few scores', scores(1, 2, 3)],
    ['scores that are no numbers', scores(...Array.from({ length: 10 }, () => Number.NaN))],
    ['another tensor', digitInput(new Uint8Array(256))],
    ['a tensor of another task', textInput('hello')],
    [
      'a long answer',
      encodeTensors([{ name: 'scores', type: 'uint8', dimensions: [2000], data: new Uint8Array(2000) }]),
    ],
  ])('is −1 for %s: a wrong answer', (_, output) => {
    expect(labelOf('digits', output)).toBe(-1);
  });
});
