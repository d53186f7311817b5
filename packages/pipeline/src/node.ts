export * from './node/ablate';
export * from './node/baselines';
export { type BatchOptions, withBatch } from './node/batches';
export { calibrationLines, classTable, validationFeedsLine } from './node/class-table';
export {
  type CompareRunsOptions,
  compareRuns,
  type FieldDifference,
  type RunComparison,
  type ScoredRuns,
} from './node/compare';
export * from './node/evaluate';
export * from './node/extract';
export { type FeatureSource, fitToFeatures, openFeatures } from './node/features';
export { findStudies } from './node/find-studies';
export * from './node/generate-files';
export * from './node/generate-studies';
export * from './node/head-scores';
export * from './node/import-weights';
export * from './node/load-run';
export { makeLoaders } from './node/loaders';
export { type MakeBankOptions, makeBank } from './node/make-bank';
export {
  isDataFile,
  isModulePath,
  type OwnPath,
  ownPaths,
  regionPaths,
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
export { type Column, columnsOf, PROTOCOLS, shownIn, tableRows } from './node/table';
export * from './node/train';
export { trainedOn } from './node/trained-on';
export type { SystemChanges } from './node/truth/changes';
export { displaced, type ErasedFinding, type ErasureScores, erasureScores } from './node/truth/erasure';
export { measureTruth, overlaps, type RetrievalScores, type TruthScores } from './node/truth/measure-truth';
export {
  COVERED,
  covered,
  type Overlap,
  type OverlapScores,
  type OverlapTruth,
  overlapScores,
  type RegionOverlap,
  type StudyMasks,
} from './node/truth/overlap';
export {
  type PointedFinding,
  type Pointing,
  type PointingScore,
  pointing,
  type SentenceLook,
  sentenceAttention,
} from './node/truth/pointing';
export { type RankedSentence, type Retrieval, retrieval } from './node/truth/retrieval';
export { findingScores, type ValidationOptions, type ValidationResult, validate } from './node/validate';
