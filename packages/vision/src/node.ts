export type { FeatureDtype, FeatureIndex } from './features/layout';
export { type GraphBackbone, hasGraph } from './graph/graph-backbone';
export type { GraphAttribute, GraphNode, GraphWeight, NetworkGraph } from './graph/network-graph';
export {
  type CompiledBackbone,
  compileBackbone,
  type GraphCompiler,
  type ShapedArray,
} from './node/compile-backbone';
export { type FeatureStore, openFeatureStore } from './node/feature-store';
export { createFeatureWriter, type FeatureWriter, type FeatureWriterOptions } from './node/feature-writer';
export { parseTorchFile, readTorchFile, readWeightsFile } from './node/torch-file';
