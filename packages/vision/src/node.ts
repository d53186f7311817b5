export type { FeatureDtype, FeatureIndex } from './features/layout';
export { type FeatureStore, openFeatureStore } from './node/feature-store';
export { createFeatureWriter, type FeatureWriter, type FeatureWriterOptions } from './node/feature-writer';
