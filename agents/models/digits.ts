/** Pictures of digits, drawn by strokes: 16 × 16, a byte a pixel, 0 is paper. */
import { SeededRandom } from './seededRandom.ts';

export const DIGIT_SIZE = 16;
export const DIGIT_PIXELS = DIGIT_SIZE * DIGIT_SIZE;
export const DIGIT_CLASSES = 10;

/** `plain` is what digits are asked for; `shifted` the same digits written worse, on dirty paper. */
export type DigitDomain = 'plain' | 'shifted';

export interface DigitPicture {
  readonly pixels: Uint8Array;
  readonly label: number;
}

/** How far a picture strays; lengths in parts of its side. */
interface Handwriting {
  /** Of each corner of a stroke. */
  readonly jitter: number;
  /** Of the entries of the matrix that slants, turns and scales. */
  readonly slant: number;
  readonly shift: number;
  readonly thickness: readonly [number, number];
  readonly contrast: readonly [number, number];
  /** In parts of black. */
  readonly noise: number;
  /** Strokes that do not belong there. */
  readonly scratches: number;
}

const HANDWRITING: Record<DigitDomain, Handwriting> = {
  plain: {
    jitter: 0.11,
    slant: 0.45,
    shift: 0.17,
    thickness: [0.03, 0.09],
    contrast: [0.45, 1],
    noise: 0.5,
    scratches: 0,
  },
  shifted: {
    jitter: 0.11,
    slant: 0.5,
    shift: 0.2,
    thickness: [0.03, 0.12],
    contrast: [0.4, 1],
    noise: 0.6,
    scratches: 2,
  },
};

type Point = readonly [x: number, y: number];
type Stroke = readonly Point[];

/** Corners in a square of side 1, y downwards. */
const GLYPHS: readonly (readonly Stroke[])[] = [
  [
    [
      [0.5, 0.1],
      [0.7, 0.17],
      [0.79, 0.35],
      [0.79, 0.65],
      [0.7, 0.83],
      [0.5, 0.9],
      [0.3, 0.83],
      [0.21, 0.65],
      [0.21, 0.35],
      [0.3, 0.17],
      [0.5, 0.1],
    ],
  ],
  [
    [
      [0.34, 0.26],
      [0.55, 0.1],
      [0.55, 0.9],
    ],
  ],
  [
    [
      [0.22, 0.3],
      [0.3, 0.14],
      [0.5, 0.1],
      [0.7, 0.16],
      [0.76, 0.32],
      [0.66, 0.5],
      [0.22, 0.9],
      [0.8, 0.9],
    ],
  ],
  [
    [
      [0.22, 0.16],
      [0.5, 0.1],
      [0.72, 0.2],
      [0.7, 0.4],
      [0.46, 0.48],
      [0.74, 0.58],
      [0.76, 0.78],
      [0.52, 0.9],
      [0.22, 0.84],
    ],
  ],
  [
    [
      [0.62, 0.9],
      [0.62, 0.1],
      [0.2, 0.64],
      [0.82, 0.64],
    ],
  ],
  [
    [
      [0.74, 0.1],
      [0.3, 0.1],
      [0.26, 0.46],
      [0.52, 0.4],
      [0.74, 0.54],
      [0.74, 0.76],
      [0.52, 0.9],
      [0.22, 0.84],
    ],
  ],
  [
    [
      [0.68, 0.12],
      [0.42, 0.26],
      [0.26, 0.56],
      [0.3, 0.8],
      [0.5, 0.9],
      [0.72, 0.8],
      [0.72, 0.6],
      [0.5, 0.5],
      [0.28, 0.62],
    ],
  ],
  [
    [
      [0.2, 0.1],
      [0.8, 0.1],
      [0.42, 0.9],
    ],
  ],
  [
    [
      [0.5, 0.1],
      [0.7, 0.18],
      [0.68, 0.38],
      [0.5, 0.47],
      [0.32, 0.38],
      [0.3, 0.18],
      [0.5, 0.1],
    ],
    [
      [0.5, 0.47],
      [0.74, 0.58],
      [0.74, 0.8],
      [0.5, 0.9],
      [0.26, 0.8],
      [0.26, 0.58],
      [0.5, 0.47],
    ],
  ],
  [
    [
      [0.72, 0.4],
      [0.5, 0.52],
      [0.28, 0.4],
      [0.28, 0.2],
      [0.5, 0.1],
      [0.7, 0.2],
      [0.74, 0.42],
      [0.66, 0.7],
      [0.4, 0.9],
    ],
  ],
];

/** The same pictures for the same seed. */
export function drawDigits(seed: string, count: number, domain: DigitDomain): DigitPicture[] {
  const random = new SeededRandom(`engram digits ${domain} ${seed}`);
  return Array.from({ length: count }, () => drawDigit(random, HANDWRITING[domain]));
}

function drawDigit(random: SeededRandom, hand: Handwriting): DigitPicture {
  const label = random.below(DIGIT_CLASSES);
  const matrix = [1, 0, 0, 1].map((entry) => entry + hand.slant * random.bell());
  const [a = 1, b = 0, c = 0, d = 1] = matrix;
  const [right, down] = [hand.shift * random.bell(), hand.shift * random.bell()];
  const move = ([x, y]: Point): Point => {
    const [fromX, fromY] = [x - 0.5 + hand.jitter * random.bell(), y - 0.5 + hand.jitter * random.bell()];
    return [0.5 + a * fromX + b * fromY + right, 0.5 + c * fromX + d * fromY + down];
  };
  const strokes = (GLYPHS[label] ?? []).map((stroke) => stroke.map(move));
  for (let i = 0; i < hand.scratches; i += 1) {
    const from: Point = [random.unit(), random.unit()];
    strokes.push([from, [from[0] + 0.5 * random.bell(), from[1] + 0.5 * random.bell()]]);
  }
  const thickness = random.between(...hand.thickness);
  const ink = new Float64Array(DIGIT_PIXELS);
  for (const stroke of strokes) inkStroke(ink, stroke, thickness);
  const contrast = random.between(...hand.contrast);
  const pixels = Uint8Array.from(ink, (value) => {
    const shade = contrast * value + hand.noise * random.bell();
    return Math.floor(255 * Math.min(1, Math.max(0, shade)));
  });
  return { pixels, label };
}

function inkStroke(ink: Float64Array, stroke: Stroke, thickness: number): void {
  const full = thickness * thickness;
  for (let i = 1; i < stroke.length; i += 1) {
    const [from, to] = [stroke[i - 1], stroke[i]];
    if (from === undefined || to === undefined) continue;
    // Beyond this there is no ink: 1.5 · 2 · thickness² < (2 · thickness)².
    const [left, right] = pixelsBetween(
      Math.min(from[0], to[0]) - 2 * thickness,
      Math.max(from[0], to[0]) + 2 * thickness,
    );
    const [top, bottom] = pixelsBetween(
      Math.min(from[1], to[1]) - 2 * thickness,
      Math.max(from[1], to[1]) + 2 * thickness,
    );
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) {
        const distance = squaredDistance((column + 0.5) / DIGIT_SIZE, (row + 0.5) / DIGIT_SIZE, from, to);
        const shade = Math.min(1, 1.5 - distance / (2 * full)); // squared: no root is needed for a soft edge
        const pixel = DIGIT_SIZE * row + column;
        if (shade > (ink[pixel] ?? 0)) ink[pixel] = shade;
      }
    }
  }
}

function pixelsBetween(from: number, to: number): [first: number, last: number] {
  return [Math.max(0, Math.floor(from * DIGIT_SIZE)), Math.min(DIGIT_SIZE - 1, Math.floor(to * DIGIT_SIZE))];
}

/** Of a point from the segment between two others. */
function squaredDistance(x: number, y: number, [x1, y1]: Point, [x2, y2]: Point): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / length));
  const [offX, offY] = [x - x1 - along * dx, y - y1 - along * dy];
  return offX * offX + offY * offY;
}
