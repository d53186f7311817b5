export * from './calibration';
export * from './checkpoint-config';
export type { ComparedFindings, FindingKind, FindingMark } from './compare-findings';
export * from './confidence';
export * from './config';
export * from './config-for-data';
export { type ConfigOption, configOptions } from './config-options';
export { isFields } from './fields';
export { validationFeeds, withFrequencies } from './finding-frequencies';
export * from './fit-to-data';
export {
  type EncodedStudies,
  encodeStudies,
  type GenerationOptions,
  type JudgedReports,
  tensorsOf,
  type WrittenReports,
  writeJudgedReports,
  writeReports,
} from './generate';
export { importPublished, type PublishedParameter, publishedParameter } from './import-published';
export * from './model';
export * from './module-options';
export { buildModel, MODULES, type ModelSizes, type ModuleTable } from './modules';
export { overlay } from './overlay';
export type { Preferences } from './preference';
export * from './preference-config';
export * from './presets';
export { parseRegionSet, regionSetOf } from './region-config';
export * from './regions-picture';
export * from './report-page';
export {
  DRAWN_NOTICE,
  RESEARCH_NOTICE,
  type RecordedImage,
  type RecordedTraining,
  type ReportContext,
  reportRecord,
  reportText,
  trainingNotices,
} from './report-record';
export * from './resolve-config';
export * from './same-text';
export { type Selection, selectionKey, selectionName } from './score-config';
export {
  type RolloutOptions,
  type Rollouts,
  referencesOf,
  rollOut,
  type SampleEditor,
} from './self-critical';
export * from './self-critical-config';
export type { FindingProbability, PictureView, SentenceView, SortKey, StudyView } from './study-viewer';
export * from './trainer';
export {
  configuredMetrics,
  type OwnScores,
  type SelectedScore,
  type TrainingScores,
  trainingScores,
} from './training-scores';
export { wordLogProbabilities } from './word-probabilities';
export type { WrittenReport } from './written-report';
