/** What an evaluator has seen of one provider in an epoch, and the weight that follows (docs/ai.md section 4). */
import { int, type JsonCodec, list, malformed, object } from '../../protocol/json.ts';

export interface Tally {
  /** Purchases tried, whatever came of them. */
  readonly bought: number;
  /** Requests and samples that the provider should have answered, and those it did. */
  readonly asked: number;
  readonly answered: number;
  /** Bought answers to inputs with known labels, and the right ones among them. */
  readonly labelled: number;
  readonly correct: number;
  /** Answers and receipts run again with the same bytes. */
  readonly repeated: number;
  /** Codes of what the provider did wrong; any of them makes the weight 0. */
  readonly faults: readonly string[];
}

export const EMPTY_TALLY: Tally = {
  bought: 0,
  asked: 0,
  answered: 0,
  labelled: 0,
  correct: 0,
  repeated: 0,
  faults: [],
};

/** A reason is enough; more of them only fill the store. */
const MAX_FAULTS = 8;

const code: JsonCodec<string> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'string') throw malformed('code');
    return json;
  },
};

export const tallyJson = object<Tally>({
  bought: int,
  asked: int,
  answered: int,
  labelled: int,
  correct: int,
  repeated: int,
  faults: list(code),
});

/** Something that was tried with a provider. */
export type Finding =
  | { readonly kind: 'answered'; readonly isCorrect?: boolean; readonly isRepeated: boolean }
  | { readonly kind: 'unanswered' }
  /** Not to be held against the provider: private, nothing to check with, or this evaluator's own trouble. */
  | { readonly kind: 'passed' }
  | { readonly kind: 'fault'; readonly code: string };

export function withFinding(tally: Tally, finding: Finding): Tally {
  if (finding.kind === 'passed') return tally;
  const asked = tally.asked + 1;
  if (finding.kind === 'unanswered') return { ...tally, asked };
  if (finding.kind === 'fault') {
    const faults = tally.faults.length < MAX_FAULTS ? [...tally.faults, finding.code] : tally.faults;
    return { ...tally, asked, answered: tally.answered + 1, faults };
  }
  const { isCorrect, isRepeated } = finding;
  return {
    ...tally,
    asked,
    answered: tally.answered + 1,
    repeated: tally.repeated + (isRepeated ? 1 : 0),
    labelled: tally.labelled + (isCorrect === undefined ? 0 : 1),
    correct: tally.correct + (isCorrect === true ? 1 : 0),
  };
}

/**
 * 0 with any fault; else `floor(65535 · quality · availability)`, exactly: quality is the share of right answers above chance among
 * `classes`, availability what was answered of what was asked. Who gave nothing that can be judged has quality 0.
 * @param classes of the task's labels; undefined for a task without labels, whose quality is that everything repeats
 */
export function weightOf(tally: Tally, classes: number | undefined): number {
  const { asked, answered, labelled, correct, repeated, faults } = tally;
  if (faults.length > 0 || asked === 0) return 0;
  const [good, all] = quality({ labelled, correct, repeated }, classes);
  if (good <= 0n) return 0;
  return Number((65_535n * good * BigInt(answered)) / (all * BigInt(asked)));
}

function quality(
  { labelled, correct, repeated }: Pick<Tally, 'labelled' | 'correct' | 'repeated'>,
  classes: number | undefined,
): readonly [good: bigint, all: bigint] {
  if (classes === undefined) return [repeated > 0 ? 1n : 0n, 1n];
  if (labelled === 0) return [0n, 1n];
  // (correct/labelled − 1/classes) / (1 − 1/classes)
  const good = BigInt(classes) * BigInt(correct) - BigInt(labelled);
  return [good, BigInt(labelled) * BigInt(classes - 1)];
}
