/**
 * An affine map of a view: `[a, b, c, d, e, f]` takes (x, y) to (a x + b y + c, d x + e y + f), both measured from the
 * middle of the view in fractions of its width and height (−½ .. ½ inside), x to the right, y down.
 */
export type Affine = readonly [number, number, number, number, number, number];

export const IDENTITY: Affine = [1, 0, 0, 0, 1, 0];

/** How a patient stands in a view, against one who fills it straight. */
export interface Pose {
  /** Shift to the right and down, fractions of the view. */
  readonly dx: number;
  readonly dy: number;
  /** ln of the scale across and down. */
  readonly wide: number;
  readonly high: number;
  /** Turn in the film's plane, radians, clockwise. */
  readonly turn: number;
}

export const STRAIGHT: Pose = { dx: 0, dy: 0, wide: 0, high: 0, turn: 0 };

/** Scale first, then turn, then shift. */
export function affineOf({ dx, dy, wide, high, turn }: Pose): Affine {
  const [cos, sin, sx, sy] = [Math.cos(turn), Math.sin(turn), Math.exp(wide), Math.exp(high)];
  return [cos * sx, -sin * sy, dx, sin * sx, cos * sy, dy];
}

/** `after` applied to the result of `first`. */
export function composed(after: Affine, first: Affine): Affine {
  const [a, b, c, d, e, f] = after;
  const [p, q, r, s, t, u] = first;
  return [a * p + b * s, a * q + b * t, a * r + b * u + c, d * p + e * s, d * q + e * t, d * r + e * u + f];
}

/** @throws RangeError if the map flattens the view */
export function inverse([a, b, c, d, e, f]: Affine): Affine {
  const det = a * e - b * d;
  if (!(Math.abs(det) > 1e-9))
    throw new RangeError(`inverse: expected an invertible map, got determinant ${det}`);
  const [p, q, s, t] = [e / det, -b / det, -d / det, a / det];
  return [p, q, -(p * c + q * f), s, t, -(s * c + t * f)];
}
