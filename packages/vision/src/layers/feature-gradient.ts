import type { VisionBackbone } from '@raca/core';

/**
 * Stands where the backbone would: a `visualTransformer` with it reads features that others have made, as without a
 * backbone, and passes the gradient on to them, as with one. So layers before it can be trained.
 */
export const featureGradient = (width: number): VisionBackbone => ({
  info: { package: '@raca/vision', version: '', name: 'featureGradient', config: {} },
  parameters: new Map(),
  width,
  frozen: false,
  extract() {
    throw new Error('visualTransformer as a layer reads features: put a backbone before it');
  },
  dispose() {},
});
