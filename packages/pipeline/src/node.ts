export * from './node/ablate';
export * from './node/baselines';
export { type BatchOptions, withBatch } from './node/batches';
export * from './node/compare';
export * from './node/evaluate';
export * from './node/extract';
export { type FeatureSource, fitToFeatures, openFeatures } from './node/features';
export { findStudies } from './node/find-studies';
export * from './node/generate-files';
export * from './node/generate-studies';
export * from './node/import-weights';
export * from './node/load-run';
export {
  isModulePath,
  type OwnPath,
  ownPaths,
  scorePaths,
  slotPaths,
  withAbsoluteModules,
  withRelativeModules,
} from './node/module-paths';
export * from './node/own-modules';
export { type PageOptions, writePage } from './node/page';
export * from './node/report-viewer';
export { type ReportRow, ReportsTable, type TableSettings } from './node/reports-table';
export * from './node/run-folder';
export * from './node/table';
export * from './node/train';
export { trainedOn } from './node/trained-on';
export * from './node/truth/erasure';
export * from './node/truth/measure-truth';
export * from './node/truth/overlap';
export * from './node/truth/pointing';
export * from './node/truth/retrieval';
export * from './node/truth/tables';
export { type ValidationOptions, validate } from './node/validate';
