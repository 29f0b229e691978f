/** What an ATTEST account stands for, in words (docs/protocol.md section 2). */
import { Subtype } from '../../../../protocol/types.ts';
import type { Texts } from '../texts/index.tsx';

type SubtypeTexts = Texts['explorer']['subtypes'];

const NAMES: Readonly<Record<number, keyof SubtypeTexts>> = {
  [Subtype.MODEL]: 'model',
  [Subtype.DATASET]: 'dataset',
  [Subtype.TRAINING_RUN]: 'trainingRun',
  [Subtype.AGENT]: 'agent',
  [Subtype.SERVICE]: 'service',
};

export function subtypeText(texts: SubtypeTexts, subtype: number): string {
  return texts[NAMES[subtype] ?? 'other'];
}
