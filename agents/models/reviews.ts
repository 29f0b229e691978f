/** One-line reviews that please or complain, made by a grammar: what a small text model learns to tell apart. */
import { createHash } from 'node:crypto';
import { SeededRandom } from './seededRandom.ts';

/** Letters a text has at most; ASCII. */
export const REVIEW_LETTERS = 64;
export const REVIEW_CLASSES = 2;

/** Label 1 pleases, 0 complains. */
export interface Review {
  readonly text: string;
  readonly label: number;
}

/** By SHA-256 of the text one half of all reviews is for training, the other for asking: no question was ever in a training set. */
export type ReviewUse = 'training' | 'asking';

const THINGS = [
  'the soup', 'the room', 'this phone', 'the film', 'my order', 'the staff', 'the battery', 'the plot', 'delivery', 'the view',
  'breakfast', 'the cable', 'the screen', 'the coffee', 'the tour', 'this book', 'the seat', 'the sound', 'their app', 'the bed',
]; // biome-ignore format: a list of words
const OPENINGS = ['', '', '', 'well, ', 'honestly ', 'i think ', 'we found ', 'as for me, '];
const VERBS = ['was', 'is', 'seemed', 'felt', 'turned out'];
const DEGREES = ['', '', 'very ', 'really ', 'quite ', 'so ', 'rather '];
const PLEASANT = [
  'good',
  'great',
  'lovely',
  'superb',
  'perfect',
  'tasty',
  'charming',
  'brilliant',
  'pleasant',
  'clean',
  'excellent',
  'friendly',
  'reliable',
  'fresh',
  'splendid',
  'delightful',
];
const UNPLEASANT = [
  'bad',
  'awful',
  'dirty',
  'broken',
  'boring',
  'terrible',
  'rude',
  'slow',
  'ugly',
  'noisy',
  'useless',
  'stale',
  'horrible',
  'dull',
  'cheap',
  'painful',
];
const ENDINGS = ['', '', '.', '!', ' again', ' this time', ' overall', ', sadly', ', luckily'];
const NEGATED_SHARE = 0.2;
const SLIP_SHARE = 0.3;

/** The same reviews for the same seed; as many of either kind as chance has it. */
export function writeReviews(seed: string, count: number, use: ReviewUse): Review[] {
  const random = new SeededRandom(`engram reviews ${use} ${seed}`);
  const reviews: Review[] = [];
  while (reviews.length < count) {
    const review = writeReview(random);
    if (review.text.length <= REVIEW_LETTERS && useOf(review.text) === use) reviews.push(review);
  }
  return reviews;
}

/** A text as a model takes it: a byte a letter, filled up with zeros. Letters beyond ASCII or the limit are left out. */
export function reviewCodes(text: string): Uint8Array {
  const codes = new Uint8Array(REVIEW_LETTERS);
  const letters = Array.from(text.toLowerCase(), (letter) => letter.charCodeAt(0)).filter((code) => code < 128);
  codes.set(letters.slice(0, REVIEW_LETTERS));
  return codes;
}

function useOf(text: string): ReviewUse {
  const [first = 0] = createHash('sha256').update(text).digest();
  return first % 2 === 0 ? 'training' : 'asking';
}

function writeReview(random: SeededRandom): Review {
  const isPleased = random.below(2) === 1;
  const isNegated = random.unit() < NEGATED_SHARE;
  const adjective = random.pick(isPleased !== isNegated ? PLEASANT : UNPLEASANT);
  const negation = isNegated ? 'not ' : '';
  const degree = isNegated ? '' : random.pick(DEGREES);
  const text = `${random.pick(OPENINGS)}${random.pick(THINGS)} ${random.pick(VERBS)} ${negation}${degree}${adjective}${random.pick(ENDINGS)}`;
  return { text: random.unit() < SLIP_SHARE ? slip(text, random) : text, label: isPleased ? 1 : 0 };
}

/** A slip of the fingers: one letter is missing, doubled or changed. */
function slip(text: string, random: SeededRandom): string {
  const at = random.below(text.length);
  const letter = text.charAt(at);
  const other = random.pick(['', letter + letter, String.fromCharCode(97 + random.below(26))]);
  return text.slice(0, at) + other + text.slice(at + 1);
}
