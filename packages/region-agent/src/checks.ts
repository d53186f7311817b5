import type { PatchFeatures } from '@raca/core';

/** @throws RangeError unless patches are `[b, views · rows · cols, d]`; d any when `width` is null */
export function checkFeatures(
  who: string,
  { patches, grid, present }: Pick<PatchFeatures, 'patches' | 'grid' | 'present'>,
  width: number | null,
): void {
  const p = grid.views * grid.rows * grid.cols;
  const [b, found, d] = patches.shape;
  if (found !== p) {
    throw new RangeError(
      `${who}: a grid of ${grid.views} × ${grid.rows} × ${grid.cols} has ${p} patches, got ${found}`,
    );
  }
  if (width !== null && d !== width)
    throw new RangeError(`${who}: patches must have width ${width}, got ${d}`);
  if (present && (present.shape[0] !== b || present.shape[1] !== p))
    throw new RangeError(`${who}: presence must be [${b},${p}] for these patches, got [${present.shape}]`);
}

/** @throws RangeError unless there is one number a sample */
export function checkFeedback(who: string, what: string, values: Float32Array, b: number): void {
  if (values.length !== b)
    throw new RangeError(`${who}: expected ${what} of ${b} samples, got ${values.length}`);
}
