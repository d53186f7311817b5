export { kindsOf, patchFeatures, tokenBatch } from './layers/inputs';
export { type LayerOptions, ModuleLayer, type OwnOptions, type Shell } from './layers/module-layer';
export { axes } from './layers/shapes';
