/** Something that was found in a picture. */
export interface Thing {
  readonly name: string;
  /** Pixels `[left, right)` and `[top, bottom)`. */
  readonly box: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
  /** 1 for its pixels, `[height, width]` of the picture row by row; absent: known by its box alone. */
  readonly mask?: { readonly values: ArrayLike<number>; readonly width: number };
}

/** One picture, and what finds things in it. */
export interface Scene {
  /** mm that a pixel is wide and high. */
  readonly spacing: { readonly x: number; readonly y: number };
  /** Things of this name; none where there are none. */
  find(name: string): readonly Thing[];
  /** The same with masks; absent: nothing can be outlined. */
  segment?(name: string): readonly Thing[];
}

type Spacing = Scene['spacing'];

export const widthOf = ({ box }: Thing, { x }: Spacing): number => (box.right - box.left) * x;
export const heightOf = ({ box }: Thing, { y }: Spacing): number => (box.bottom - box.top) * y;

/** mm. Of a mask the largest distance of two corners of its pixels; of a box its longer side. */
export function diameterOf(thing: Thing, spacing: Spacing): number {
  if (!thing.mask) return Math.max(widthOf(thing, spacing), heightOf(thing, spacing));
  const corners = ends(thing).flatMap(([row, left, right]) =>
    [row, row + 1].flatMap((y) => [left, right].map((x) => [x * spacing.x, y * spacing.y])),
  );
  let most = 0;
  for (const [x, y] of corners) {
    for (const [u, v] of corners) most = Math.max(most, Math.hypot(x - u, y - v));
  }
  return most;
}

/** mm between the middles of two boxes. */
export function distanceOf(a: Thing, b: Thing, { x, y }: Spacing): number {
  const middle = ({ box }: Thing) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const [[ax, ay], [bx, by]] = [middle(a), middle(b)];
  return Math.hypot((ax - bx) * x, (ay - by) * y);
}

/** Whether the middle of one thing's box lies in the other thing: on its mask, or in its box. */
export function liesIn({ box: inner }: Thing, { box, mask }: Thing): boolean {
  const [x, y] = [(inner.left + inner.right) / 2, (inner.top + inner.bottom) / 2];
  if (x < box.left || x >= box.right || y < box.top || y >= box.bottom) return false;
  return !mask || mask.values[Math.floor(y) * mask.width + Math.floor(x)] > 0;
}

/** A thing of a mask, or null where the mask is empty. @param values `[height, width]` */
export function thingOf(name: string, values: ArrayLike<number>, width: number): Thing | null {
  let [left, top, right, bottom] = [width, values.length / width, 0, 0];
  for (let i = 0; i < values.length; i++) {
    if (!(values[i] > 0)) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
  }
  return right === 0 ? null : { name, box: { left, top, right, bottom }, mask: { values, width } };
}

/** First and one after the last pixel of each row of a mask that has any. */
function ends({ box, mask }: Thing): [row: number, left: number, right: number][] {
  const out: [number, number, number][] = [];
  for (let row = box.top; row < box.bottom; row++) {
    let [left, right] = [-1, -1];
    for (let col = box.left; col < box.right; col++) {
      if (!(mask!.values[row * mask!.width + col] > 0)) continue;
      if (left < 0) left = col;
      right = col + 1;
    }
    if (left >= 0) out.push([row, left, right]);
  }
  return out;
}
