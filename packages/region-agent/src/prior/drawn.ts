import type { Curve, Stroke } from '@raca/core';
import { along, band, below, bothSides, box, ellipse, polygon, type Shape, union, without } from './shapes';

/** The points that some strokes cover, one after another. */
export const drawn = (strokes: readonly Stroke[]): Shape =>
  strokes.reduce<Shape>((before, stroke) => {
    const shape = stroke.mirrored ? bothSides(shapeOf(stroke)) : shapeOf(stroke);
    return stroke.cut ? without(before, shape) : union(before, shape);
  }, nothing);

const nothing: Shape = () => false;

function shapeOf(stroke: Stroke): Shape {
  if ('ellipse' in stroke) return ellipse(...stroke.ellipse);
  if ('box' in stroke) return box(...stroke.box);
  if ('band' in stroke) return band(...stroke.band, stroke.halfWidth);
  if ('polygon' in stroke) return polygon(stroke.polygon);
  if ('below' in stroke) return below(heightOf(stroke.below));
  return along(heightOf(stroke.along), stroke.halfWidth);
}

const heightOf =
  ({ base, bend, middle, mirrored }: Curve) =>
  (x: number): number =>
    base + bend * ((mirrored ? Math.abs(x - 0.5) : x) - middle) ** 2;
