// Made-up chests for tests.

/** Side of a drawn chest in pixels. */
export const SIDE = 112;

/** Both lungs: their centres and half of their height and width, in fractions of the image. */
export interface Chest {
  readonly y: number;
  /** From the middle of the image. */
  readonly apart: number;
  readonly high: number;
  readonly wide: number;
}

const inLung = ({ y, apart, high, wide }: Chest, v: number, u: number): boolean =>
  ((v - y) / high) ** 2 + ((Math.abs(u - 0.5) - apart) / wide) ** 2 < 1;

/** Gray: dark lungs and, if asked for, dark air in the lower corners, apart by a bright wall. */
export function drawnChest(chest: Chest, air = true): Float32Array {
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [v, u] = [(Math.floor(i / SIDE) + 0.5) / SIDE, ((i % SIDE) + 0.5) / SIDE];
    const texture = 4 * Math.sin(i * 1.7);
    const beside = air && Math.abs(u - 0.5) > 0.47 && v > 0.3;
    return (inLung(chest, v, u) || beside ? 60 : 150 + 60 * v) + texture;
  });
}

/** Lungs by the middle of each patch, `[rows · rows]`. */
export const drawnLungs = (chest: Chest, rows: number): number[] =>
  Array.from({ length: rows * rows }, (_, i) =>
    inLung(chest, (Math.floor(i / rows) + 0.5) / rows, ((i % rows) + 0.5) / rows) ? 1 : 0,
  );

export function iou(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    both += a[i] && b[i] ? 1 : 0;
    either += a[i] || b[i] ? 1 : 0;
  }
  return both / either;
}
