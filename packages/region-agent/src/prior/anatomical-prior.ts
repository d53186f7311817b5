import { REGIONS, type RegionName, type ViewKind } from '@raca/core';
import { along, band, below, bothSides, box, ellipse, type Shape, union, without } from './shapes';

/** Height of both halves of the diaphragm in a frontal view: two domes that meet in the middle. */
const domes = (x: number): number => 0.72 + 1.2 * (Math.abs(x - 0.5) - 0.22) ** 2;
const lungs = bothSides(ellipse(0.28, 0.45, 0.19, 0.34));

/** Frontal view, left–right symmetric: drawn from general anatomy for a chest that fills the image. */
const FRONTAL: Readonly<Record<RegionName, Shape>> = {
  'Lung fields': without(lungs, below(domes)),
  Airways: union(box(0.45, 0, 0.55, 0.36), bothSides(band([0.5, 0.34], [0.36, 0.46], 0.04))),
  Heart: ellipse(0.5, 0.6, 0.21, 0.17),
  'Pulmonary vasculature': bothSides(ellipse(0.35, 0.48, 0.12, 0.18)),
  Mediastinum: box(0.38, 0.08, 0.62, 0.72),
  Spine: box(0.44, 0, 0.56, 1),
  Abdomen: below(domes),
  Diaphragm: along(domes, 0.06),
  Shoulders: bothSides(ellipse(0.09, 0.15, 0.14, 0.16)),
  Ribs: without(bothSides(ellipse(0.27, 0.45, 0.24, 0.4)), box(0.42, 0, 0.58, 1)),
  Clavicles: bothSides(band([0.1, 0.13], [0.45, 0.2], 0.05)),
  'Costophrenic angles': bothSides(ellipse(0.1, 0.78, 0.12, 0.1)),
};

/** Lateral view, the patient facing left: breastbone on the left, spine on the right. */
const dome = (x: number): number => 0.7 + 0.9 * (x - 0.45) ** 2;
const LATERAL: Readonly<Record<RegionName, Shape>> = {
  'Lung fields': without(ellipse(0.5, 0.45, 0.36, 0.38), below(dome)),
  Airways: band([0.5, 0], [0.55, 0.42], 0.05),
  Heart: ellipse(0.36, 0.57, 0.19, 0.17),
  'Pulmonary vasculature': ellipse(0.52, 0.45, 0.14, 0.14),
  Mediastinum: union(box(0.28, 0.15, 0.62, 0.45), ellipse(0.38, 0.56, 0.2, 0.18)),
  Spine: union(band([0.66, 0], [0.84, 0.45], 0.08), band([0.84, 0.45], [0.78, 1], 0.08)),
  Abdomen: below(dome),
  Diaphragm: along(dome, 0.06),
  Shoulders: ellipse(0.55, 0.1, 0.24, 0.12),
  Ribs: without(ellipse(0.52, 0.45, 0.44, 0.42), ellipse(0.5, 0.45, 0.24, 0.24)),
  Clavicles: ellipse(0.4, 0.1, 0.18, 0.07),
  'Costophrenic angles': union(ellipse(0.76, 0.8, 0.12, 0.1), ellipse(0.16, 0.78, 0.1, 0.1)),
};

/** Sample points a patch side, and the least share of them inside a shape for the patch to count. */
const SAMPLES = 5;
const COVERAGE = 1 / 3;

/**
 * Our prior of one view: curves and boxes evaluated on any grid; a patch is inside when a third of it is.
 * @returns `[r, rows · cols]`, each 0 or 1; null where the view has no prior
 */
export function anatomicalPrior(rows: number, cols: number, view: ViewKind): Float32Array | null {
  if (view !== 'frontal' && view !== 'lateral') return null;
  const shapes = view === 'frontal' ? FRONTAL : LATERAL;
  const out = new Float32Array(REGIONS.length * rows * cols);
  REGIONS.forEach((region, r) => {
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const inside = coverage(shapes[region], row / rows, col / cols, 1 / rows, 1 / cols) >= COVERAGE;
        out[(r * rows + row) * cols + col] = inside ? 1 : 0;
      }
    }
  });
  return out;
}

function coverage(shape: Shape, top: number, left: number, height: number, width: number): number {
  let inside = 0;
  for (let i = 0; i < SAMPLES; i++) {
    for (let j = 0; j < SAMPLES; j++) {
      const y = top + ((i + 0.5) / SAMPLES) * height;
      const x = left + ((j + 0.5) / SAMPLES) * width;
      if (shape(x, y)) inside++;
    }
  }
  return inside / SAMPLES ** 2;
}
