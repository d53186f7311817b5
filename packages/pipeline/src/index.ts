export * from './checkpoint-config';
export {
  type ComparedFindings,
  compareFindings,
  type FindingKind,
  type FindingMark,
} from './compare-findings';
export * from './config';
export * from './config-for-data';
export { type ConfigOption, configOptions } from './config-options';
export { isFields } from './fields';
export * from './fit-to-data';
export * from './generate';
export * from './import-published';
export * from './model';
export * from './module-options';
export { buildModel, MODULES, type ModelSizes, type ModuleTable } from './modules';
export { overlay } from './overlay';
export * from './presets';
export * from './regions-picture';
export * from './report-page';
export * from './report-record';
export * from './resolve-config';
export * from './same-text';
export { type Selection, selectionKey, selectionName } from './score-config';
export * from './self-critical';
export * from './self-critical-config';
export type { PictureView, SentenceView, SortKey, StudyView } from './study-viewer';
export * from './trainer';
export * from './training-scores';
export type { WrittenReport } from './written-report';
