import type { Random } from '@raca/core/random';
import type { PhantomStudy } from './study';
import { multiply, type View } from './view';

export type ViewName = 'frontal' | 'lateral';

/** In the order of a study's images. */
export const VIEWS = ['frontal', 'lateral'] as const satisfies readonly ViewName[];

/**
 * `none`: straight and centred. `mild`: turn to 5°, tilt to 3°, shift to 4 %, scale 0.93..1.07.
 * `strong`: turn and tilt to 12°, shift to 15 %, scale 0.8..1.2, and half of the views cropped;
 * a strong shift or crop can cut off what the report speaks of.
 */
export type PoseStrength = 'none' | 'mild' | 'strong';

/** How one view was taken. */
export interface Pose {
  /** Turn about the patient's long axis, degrees; positive moves the front to the patient's left. */
  readonly turn: number;
  /** Turn in the film's plane, degrees, clockwise. */
  readonly tilt: number;
  /** Shift to the right and down, fractions of the image. */
  readonly shift: readonly [number, number];
  readonly scale: number;
  /** Part of the image that is kept and enlarged: left, top, side as fractions. `[0, 0, 1]` keeps all. */
  readonly crop: readonly [number, number, number];
}

export type Poses = Readonly<Record<ViewName, Pose>>;

/** Width of the film at scale 1, cm. */
export const FIELD = 36;

const DEGREE = Math.PI / 180;
const RANGES = {
  none: { angle: [0, 0], shift: 0, scale: [1, 1], crops: 0 },
  mild: { angle: [5, 3], shift: 0.04, scale: [0.93, 1.07], crops: 0 },
  strong: { angle: [12, 12], shift: 0.15, scale: [0.8, 1.2], crops: 0.5 },
} as const;

/** One pose a view, each with its own turn, tilt, shift, scale and crop. */
export function samplePoses(random: Random, strength: PoseStrength): Poses {
  const { angle, shift, scale, crops } = RANGES[strength];
  const draw = (): Pose => {
    const turn = random.uniform(-angle[0], angle[0]);
    const tilt = random.uniform(-angle[1], angle[1]);
    const move = [random.uniform(-shift, shift), random.uniform(-shift, shift)] as const;
    const factor = random.uniform(scale[0], scale[1]);
    const side = random.next() < crops ? random.uniform(0.75, 0.95) : 1;
    const crop = [random.uniform(0, 1 - side), random.uniform(0, 1 - side), side] as const;
    return { turn, tilt, shift: move, scale: factor, crop };
  };
  return { frontal: draw(), lateral: draw() };
}

/** The beam of a study's view: frontal from the back (the patient's left is on the right), lateral facing left. */
export function viewOf(study: Pick<PhantomStudy, 'habitus' | 'poses'>, name: ViewName, size: number): View {
  const { turn, tilt, shift, scale, crop } = study.poses[name];
  const { width, depth, height } = study.habitus;
  const [ct, st] = [Math.cos(turn * DEGREE), Math.sin(turn * DEGREE)];
  const [cf, sf] = [Math.cos(tilt * DEGREE), Math.sin(tilt * DEGREE)];
  const turned = [ct, st, 0, -st, ct, 0, 0, 0, 1];
  const projected = name === 'frontal' ? [1, 0, 0, 0, 0, -1, 0, 1, 0] : [0, -1, 0, 0, 0, -1, 1, 0, 0];
  const tiltedFilm = [cf, -sf, 0, sf, cf, 0, 0, 0, 1];
  const body = [width, 0, 0, 0, depth, 0, 0, 0, height];
  const matrix = multiply(tiltedFilm, multiply(projected, multiply(turned, body)));
  const [left, top, side] = crop;
  const pixelsPerCm = (size * scale) / FIELD / side;
  const origin = [((0.5 + shift[0] - left) / side) * size, ((0.5 + shift[1] - top) / side) * size] as const;
  return { size, pixelsPerCm, matrix, origin };
}
