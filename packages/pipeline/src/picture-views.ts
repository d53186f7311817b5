import type { ViewKind } from '@raca/core';
import { type RasterImage, resize } from '@raca/data';

/** The longer side `side`, the other in proportion; at least one pixel. */
export function fit(image: RasterImage, side: number): RasterImage {
  const scale = side / Math.max(image.width, image.height);
  const [width, height] = [image.width, image.height].map((n) => Math.max(1, Math.round(n * scale)));
  return resize(image, width, height);
}

/** {@link fit} of a larger picture; a smaller one stays. */
export const shrink = (image: RasterImage, side: number): RasterImage =>
  Math.max(image.width, image.height) > side ? fit(image, side) : image;

/** Name of a picture: what it shows, or by its place, as models take them: frontal first, then lateral. */
export function viewName(place: number, kind: ViewKind = 'unknown'): string {
  if (kind === 'frontal') return 'Frontal view';
  if (kind === 'lateral') return 'Lateral view';
  if (kind === 'other') return `View ${place + 1}`;
  return ['Frontal view', 'Lateral view'][place] ?? `View ${place + 1}`;
}

/** Whether a picture shows both sides, the patient's right at the left by convention. */
export const hasSides = (place: number, kind: ViewKind = 'unknown'): boolean =>
  kind === 'frontal' || (kind === 'unknown' && place === 0);
