import type { ViewKind } from '../contracts/study';

/** A point of a view: x to the right, y down, both from 0 to 1. */
type Point = readonly [x: number, y: number];

/** A curve y(x) = base + bend · (u − middle)², where u is x or, if mirrored, its distance from the middle of the view. */
export interface Curve {
  readonly base: number;
  readonly bend: number;
  readonly middle: number;
  readonly mirrored?: boolean;
}

/** A set of points of a view, edges included. Lengths are fractions of the view's width (x) and height (y). */
export type Outline =
  /** Centre x, centre y, half of the width, half of the height. */
  | { readonly ellipse: readonly [cx: number, cy: number, rx: number, ry: number] }
  /** Left, top, right, bottom. */
  | { readonly box: readonly [left: number, top: number, right: number, bottom: number] }
  /** All points at most `halfWidth` from the segment between two points. */
  | { readonly band: readonly [from: Point, to: Point]; readonly halfWidth: number }
  /** At least three corners, in order; where the outline crosses itself, points inside an odd number of loops count. */
  | { readonly polygon: readonly Point[] }
  /** Points lower than a curve. */
  | { readonly below: Curve }
  /** Points at most `halfWidth` above or below a curve. */
  | { readonly along: Curve; readonly halfWidth: number };

/** One stroke of a drawing. */
export type Stroke = Outline & {
  /** With its mirror image at x = ½. */
  readonly mirrored?: boolean;
  /** Taken away from the strokes before it, instead of added to them. */
  readonly cut?: boolean;
};

/** Where regions lie, by region name; a region without strokes is not to be seen in this view. */
export type Drawing = Readonly<Record<string, readonly Stroke[]>>;

/** Drawings of a chest that fills the view and stands straight; a kind of view without one has no prior. */
export type Drawings = Readonly<Partial<Record<ViewKind, Drawing>>>;
