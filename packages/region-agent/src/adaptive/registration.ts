import { type Affine, affineOf, composed, type Pose, STRAIGHT } from './affine';
import type { Atlas } from './atlas';

/** How far a patient is likely to stand from straight: the standard deviations of a pose. */
const SHIFT = 0.08;
const SCALE = 0.12;
const STRETCH = 0.05;
const TURN = 0.1;

/** First steps of the search along each direction; halved after each round. */
const STEP = { shift: 0.07, scale: 0.1, turn: 0.09 } as const;
const ROUNDS = 3;
const SWEEPS = 3;
/** Sample points a patch side while searching. */
const SAMPLES = 2;

/** What {@link register} goes by. */
export interface Evidence {
  /** Log-odds of each patch belonging to each region `[r, rows · cols]`; 0 where nothing is known. */
  readonly logOdds: Float32Array;
  readonly rows: number;
  readonly cols: number;
}

/**
 * The pose in which the prior explains the evidence best: the largest Σ coverage · log-odds − Σ (pose / sd)², found by
 * a search along shifts, scale, stretch and turn with steps that shrink. (The log-likelihood of masks given by the
 * coverage, up to a constant, and a normal prior of the pose.)
 *
 * @param view where the patient's image itself has been moved to
 */
export function register(atlas: Atlas, { logOdds, rows, cols }: Evidence, view: Affine): Pose {
  const coverage = new Float32Array(logOdds.length);
  const score = (pose: Pose): number => {
    atlas.coverage(composed(view, affineOf(pose)), rows, cols, SAMPLES, coverage);
    let sum = -distance(pose);
    for (let i = 0; i < coverage.length; i++) sum += coverage[i] * logOdds[i];
    return sum;
  };
  let best: Pose = STRAIGHT;
  let most = score(best);
  for (let round = 0; round < ROUNDS; round++) {
    const steps = stepsOf(0.5 ** round);
    for (let sweep = 0, moved = true; sweep < SWEEPS && moved; sweep++) {
      moved = false;
      for (const step of steps) {
        const pose = plus(best, step);
        const found = score(pose);
        if (found > most) [best, most, moved] = [pose, found, true];
      }
    }
  }
  return best;
}

/** Squared standard deviations from straight. */
function distance({ dx, dy, wide, high, turn }: Pose): number {
  const scale = (wide + high) / 2;
  const stretch = (wide - high) / 2;
  return (
    (dx / SHIFT) ** 2 +
    (dy / SHIFT) ** 2 +
    (scale / SCALE) ** 2 +
    (stretch / STRETCH) ** 2 +
    (turn / TURN) ** 2
  );
}

function stepsOf(factor: number): Pose[] {
  const [shift, scale, turn] = [factor * STEP.shift, factor * STEP.scale, factor * STEP.turn];
  return [-1, 1].flatMap((sign): Pose[] => [
    { ...STRAIGHT, dx: sign * shift },
    { ...STRAIGHT, dy: sign * shift },
    { ...STRAIGHT, wide: sign * scale, high: sign * scale },
    { ...STRAIGHT, turn: sign * turn },
    { ...STRAIGHT, wide: (sign * scale) / 2, high: (-sign * scale) / 2 },
  ]);
}

export const plus = (a: Pose, b: Pose, factor = 1): Pose => ({
  dx: a.dx + factor * b.dx,
  dy: a.dy + factor * b.dy,
  wide: a.wide + factor * b.wide,
  high: a.high + factor * b.high,
  turn: a.turn + factor * b.turn,
});
