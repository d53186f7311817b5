/** A point or direction in the patient, cm: x to the patient's left, y forward, z up. */
export type Vec3 = readonly [number, number, number];
/** Row-major 3 × 3. */
export type Mat3 = readonly number[];

/** A solid ball pressed into shape: all `centre + axes · s` with `|s| ≤ 1`; columns of `axes` are the half-axes. */
export interface Ellipsoid {
  readonly centre: Vec3;
  readonly axes: Mat3;
}

/** Balls of one radius along a straight line. */
export interface Capsule {
  readonly from: Vec3;
  readonly to: Vec3;
  readonly radius: number;
}

/**
 * A parallel beam onto a square film. A point of the patient goes to `(u, v, t)`: u to the right, v down
 * (pixels), t along the beam (cm). Rays are parallel, so the chord of a solid is the same formula everywhere.
 */
export interface View {
  readonly size: number;
  readonly pixelsPerCm: number;
  /** Patient (cm) → view (cm), row-major. */
  readonly matrix: Mat3;
  /** Pixel onto which the patient's origin falls. */
  readonly origin: readonly [number, number];
}

/** `a · b` of two row-major 3 × 3 matrices. */
export function multiply(a: Mat3, b: Mat3): number[] {
  const out = new Array<number>(9);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      out[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j];
    }
  }
  return out;
}

/** Patient → view coordinates in cm, without the origin's shift. */
export function toView({ matrix: m }: View, [x, y, z]: Vec3): [number, number, number] {
  return [m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z, m[6] * x + m[7] * y + m[8] * z];
}

/** Half-axes along x, y, z. */
export const ellipsoid = (centre: Vec3, rx: number, ry: number, rz: number): Ellipsoid => ({
  centre,
  axes: [rx, 0, 0, 0, ry, 0, 0, 0, rz],
});

/** An {@link ellipsoid} turned about the y axis (in the frontal plane) by `angle` radians, patient's left side up. */
export function tilted(centre: Vec3, rx: number, ry: number, rz: number, angle: number): Ellipsoid {
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  return { centre, axes: [rx * c, 0, -rz * s, 0, ry, 0, rx * s, 0, rz * c] };
}

/** A ball. */
export const ball = (centre: Vec3, radius: number): Ellipsoid => ellipsoid(centre, radius, radius, radius);
