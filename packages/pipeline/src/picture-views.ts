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

/** Name of a view by its place, as models take them: frontal first, then lateral. */
export const viewName = (view: number): string =>
  ['Frontal view', 'Lateral view'][view] ?? `View ${view + 1}`;

/** Whether a view shows both sides, the patient's right at the left by convention. */
export const hasSides = (view: number): boolean => view === 0;
