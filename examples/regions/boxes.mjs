// Boxes of findings as sentences and patches.

/** A sentence of each finding in the phantom's words; s is the patient's side, l the lobe. */
const WORDS = {
  Consolidation: (s, l) => `there is focal consolidation in the ${s} ${l} lobe`,
  Effusion: (s) => `there is a small ${s} pleural effusion`,
  Atelectasis: (s) => `there is linear atelectasis at the ${s} lung base`,
  Fracture: (s) => `a ${s} rib fracture is seen`,
  Nodule: (s, l) => `there is a nodule in the ${s} ${l} lobe`,
  Mass: (s, l) => `there is a mass in the ${s} ${l} lobe`,
  Cardiomegaly: () => 'there is mild cardiomegaly',
  Emphysema: () => 'the lungs are hyperinflated with flattened diaphragms',
  'Pleural Thickening': (s) => `there is ${s} pleural thickening`,
  Pneumothorax: (s) => `there is a small ${s} pneumothorax`,
};

/** Every sentence that a box can ask for. */
export const SENTENCES = [
  ...new Set(
    Object.values(WORDS).flatMap((say) =>
      ['left', 'right'].flatMap((side) => ['upper', 'lower'].map((lobe) => say(side, lobe))),
    ),
  ),
];

/**
 * Findings of one image, one a sentence: boxes that are spoken of in the same words are found by hitting any of them.
 * The left of the image is the patient's right; the upper lobe ends at 45 % of the height.
 *
 * @param boxes `x1, y1, x2, y2`
 */
export function findingsOf(syms, boxes, frame) {
  const found = new Map();
  syms.forEach((finding, i) => {
    const [x1, y1, x2, y2] = boxes[i];
    const side = (x1 + x2) / 2 < frame / 2 ? 'right' : 'left';
    const lobe = (y1 + y2) / 2 < 0.45 * frame ? 'upper' : 'lower';
    const sentence = WORDS[finding]?.(side, lobe) ?? null;
    const key = `${finding}: ${sentence}`;
    if (!found.has(key)) found.set(key, { finding, sentence, rectangles: [] });
    found.get(key).rectangles.push(boxes[i]);
  });
  return [...found.values()];
}

/** 1 for each patch whose centre lies in a box. */
export const centresIn = (rectangles, grid, frame) =>
  patches(
    rectangles,
    grid,
    frame,
    (low, high, from, to) => (low + high) / 2 >= from && (low + high) / 2 <= to,
  );

/** 1 for each patch that shares some area with a box. */
export const touched = (rectangles, grid, frame) =>
  patches(rectangles, grid, frame, (low, high, from, to) => high > from && low < to);

function patches(rectangles, { rows, cols }, frame, meets) {
  return Uint8Array.from({ length: rows * cols }, (_, p) => {
    const [top, left] = [(Math.floor(p / cols) * frame) / rows, ((p % cols) * frame) / cols];
    return rectangles.some(
      ([x1, y1, x2, y2]) =>
        meets(left, left + frame / cols, x1, x2) && meets(top, top + frame / rows, y1, y2),
    )
      ? 1
      : 0;
  });
}
