/** The published masks: one 7 × 7 drawing a region, in visiting order, `#` inside. */
const DRAWING: readonly (readonly string[])[] = [
  // Lung fields, airways, heart, pulmonary vasculature
  ['.......', '#######', '#######', '###.###', '#######', '#######', '.......'],
  ['..###..', '.#####.', '.#####.', '.#####.', '.#####.', '##...##', '.......'],
  ['.......', '..###..', '.#####.', '.#####.', '.#####.', '.#####.', '.......'],
  ['.......', '.#####.', '.#####.', '.#####.', '.#####.', '.#####.', '######.'],
  // Mediastinum, spine, abdomen, diaphragm
  ['.......', '..###..', '.#####.', '.#####.', '.#####.', '..###..', '.......'],
  ['.......', '#.###..', '......#', '#.###.#', '#.###.#', '#.###.#', '#.###.#'],
  ['.......', '.......', '.......', '.#####.', '.#####.', '#######', '#######'],
  ['.......', '.......', '.......', '#######', '#######', '#######', '.......'],
  // Shoulders, ribs, clavicles, costophrenic angles
  ['###.###', '###.###', '#.....#', '.......', '.......', '.......', '.......'],
  ['.......', '.#####.', '#######', '#######', '#######', '.##.##.', '.......'],
  ['.#####.', '.#####.', '.#####.', '.......', '.......', '.......', '.......'],
  ['.......', '.......', '.......', '##...##', '##...##', '##...##', '##...##'],
];

/** Rows and columns of the published masks. */
export const PUBLISHED_SIDE = 7;

/**
 * The coarse anatomical prior as published, the same for every image and every view: SPEC.md 3.
 * @returns `[r, views · 49]`, each 0 or 1
 */
export function publishedPrior(views: number): Float32Array {
  return Float32Array.from(
    DRAWING.flatMap((rows) => Array.from({ length: views }, () => rows).flat()).flatMap((row) =>
      [...row].map((cell) => (cell === '#' ? 1 : 0)),
    ),
  );
}
