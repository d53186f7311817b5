import type { PairMetric, ReportPair } from './types';

/** `[x_min, y_min, x_max, y_max]`, 0 to 1 from the upper left corner. */
export type Box = readonly [xMin: number, yMin: number, xMax: number, yMax: number];

/** One phrase of a grounded report, with what a judge says of it. */
export interface GroundedPhrase {
  readonly text: string;
  /** Null where the phrase has no place in the image. */
  readonly boxes: readonly Box[] | null;
  /** Whether the other report supports the phrase. */
  readonly entailed: boolean;
  /** Positions, in the other report, of the phrases that support it. */
  readonly evidence: readonly number[];
}

export interface GroundedPair {
  readonly candidate: readonly GroundedPhrase[];
  readonly reference: readonly GroundedPhrase[];
}

/** Shares of phrases with boxes, 0 to 1; null where there is nothing to divide by. */
export interface BoxScores {
  /** Of all candidate phrases with boxes, those that are true and in the right place. */
  readonly spatialPrecision: number | null;
  readonly spatialRecall: number | null;
  /** The same among the phrases that are true. */
  readonly groundingPrecision: number | null;
  readonly groundingRecall: number | null;
}

/** Side of the masks in pixels, as published. */
const SIZE = 224;
/** Of a phrase's own pixels, more than this share must lie in the evidence. */
const HALF = 0.5;

/**
 * The box half of RadFact for one study: logical entailment and evidence are given, places are compared as masks.
 * @param size side of the masks in pixels
 * @see Bannur et al., MAIRA-2, arXiv:2406.04449
 */
export function radFactBoxesOf({ candidate, reference }: GroundedPair, size = SIZE): BoxScores {
  const [of, from] = [shares(candidate, reference, size), shares(reference, candidate, size)];
  return {
    spatialPrecision: of.spatial,
    spatialRecall: from.spatial,
    groundingPrecision: of.grounding,
    groundingRecall: from.grounding,
  };
}

function shares(own: readonly GroundedPhrase[], other: readonly GroundedPhrase[], size: number) {
  const placed = own.filter(({ boxes }) => boxes && boxes.length > 0);
  const right = placed.filter((phrase) => inPlace(phrase, other, size)).length;
  const entailed = placed.filter((phrase) => phrase.entailed).length;
  const share = (whole: number): number | null => (whole === 0 ? null : right / whole);
  return { spatial: share(placed.length), grounding: share(entailed) };
}

/** Whether a phrase is supported by phrases whose boxes hold more than half of its own. */
function inPlace(
  { boxes, entailed, evidence }: GroundedPhrase,
  other: readonly GroundedPhrase[],
  size: number,
): boolean {
  const places = evidence.flatMap((at) => other[at]?.boxes ?? []);
  if (!entailed || places.length === 0) return false;
  const own = maskOf(boxes!, size);
  const there = maskOf(places, size);
  let [pixels, inside] = [0, 0];
  own.forEach((is, i) => {
    pixels += is;
    inside += is & there[i]!;
  });
  return pixels > 0 && inside / pixels > HALF;
}

/** Boxes united, `[size, size]`, 1 inside; the upper ends are left out. */
function maskOf(boxes: readonly Box[], size: number): Uint8Array {
  const mask = new Uint8Array(size * size);
  for (const box of boxes) {
    const [left, top, right, bottom] = box.map((x) => Math.min(size, Math.max(0, Math.trunc(x * size)))) as [
      number,
      number,
      number,
      number,
    ];
    for (let y = top; y < bottom; y++) mask.fill(1, y * size + left, y * size + Math.max(left, right));
  }
  return mask;
}

const RATIOS = ['spatialPrecision', 'spatialRecall', 'groundingPrecision', 'groundingRecall'] as const;
const KEYS = ['spatial', 'grounding'].flatMap((kind) =>
  ['precision', 'recall', 'f1'].map((ratio) => `radfact-boxes/${kind}/${ratio}`),
);

/**
 * {@link radFactBoxesOf} of a corpus, `radfact-boxes/{spatial,grounding}/{precision,recall,f1}`: means over the studies where a ratio
 * is defined (0 where it is nowhere), and F1 of these means.
 * @param phrasesOf the phrases of both reports of a study
 */
export const radFactBoxes = (phrasesOf: (pair: ReportPair) => GroundedPair, size = SIZE): PairMetric => ({
  name: 'radfact-boxes',
  keys: KEYS,
  direction: 'higher',
  range: [0, 1],
  sums: (pair) => {
    const scores = radFactBoxesOf(phrasesOf(pair), size);
    return RATIOS.flatMap((ratio) => [scores[ratio] ?? 0, scores[ratio] === null ? 0 : 1]);
  },
  value: (sums) => fromSums(sums, 0),
  perReport: { keys: KEYS, value: (sums) => fromSums(sums, Number.NaN) },
});

/** @param sums sum and number of the defined ratios, one pair a ratio @param none where there are none */
function fromSums(sums: ArrayLike<number>, none: number): number[] {
  const mean = (ratio: number): number => {
    const count = sums[2 * ratio + 1]!;
    return count === 0 ? none : sums[2 * ratio]! / count;
  };
  return [0, 2].flatMap((at) => {
    const [precision, recall] = [mean(at), mean(at + 1)];
    const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    return [precision, recall, f1];
  });
}
