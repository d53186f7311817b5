/** A set of points of a view: x to the right, y down, both from 0 to 1. */
export type Shape = (x: number, y: number) => boolean;

export const ellipse =
  (cx: number, cy: number, rx: number, ry: number): Shape =>
  (x, y) =>
    ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1;

export const box =
  (left: number, top: number, right: number, bottom: number): Shape =>
  (x, y) =>
    x >= left && x <= right && y >= top && y <= bottom;

/** Points at most `halfWidth` from the segment between two points. */
export const band =
  ([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number], halfWidth: number): Shape =>
  (x, y) => {
    const [dx, dy] = [x1 - x0, y1 - y0];
    const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
    const u = Math.min(Math.max(along, 0), 1);
    return Math.hypot(x - x0 - u * dx, y - y0 - u * dy) <= halfWidth;
  };

/** Points inside an odd number of loops of an outline. */
export const polygon =
  (corners: readonly (readonly [number, number])[]): Shape =>
  (x, y) =>
    corners.filter(([x1, y1], i) => {
      const [x0, y0] = corners[(i || corners.length) - 1];
      // the edge crosses the height y to the right of x
      return y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0);
    }).length %
      2 ===
    1;

export const union =
  (...shapes: readonly Shape[]): Shape =>
  (x, y) =>
    shapes.some((shape) => shape(x, y));

export const without =
  (shape: Shape, hole: Shape): Shape =>
  (x, y) =>
    shape(x, y) && !hole(x, y);

/** The shape and its mirror image at x = 1/2. */
export const bothSides =
  (shape: Shape): Shape =>
  (x, y) =>
    shape(x, y) || shape(1 - x, y);

/** Points lower than a curve y(x). */
export const below =
  (curve: (x: number) => number): Shape =>
  (x, y) =>
    y > curve(x);

/** Points at most `halfWidth` above or below a curve y(x). */
export const along =
  (curve: (x: number) => number, halfWidth: number): Shape =>
  (x, y) =>
    Math.abs(y - curve(x)) <= halfWidth;
