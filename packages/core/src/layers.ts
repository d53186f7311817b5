export { kindsOf, patchFeatures, tokenBatch } from './layers/inputs';
export { lossRows, sumOfLosses } from './layers/loss-output';
export { type LayerOptions, ModuleLayer, type OwnOptions, type Shell } from './layers/module-layer';
export { axes } from './layers/shapes';
