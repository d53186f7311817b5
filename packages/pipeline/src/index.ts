export {
  type ComparedFindings,
  compareFindings,
  type FindingKind,
  type FindingMark,
} from './compare-findings';
export * from './config';
export * from './fit-to-data';
export * from './generate';
export * from './import-published';
export * from './model';
export * from './modules';
export * from './overlay';
export * from './presets';
export * from './regions-picture';
export * from './report-page';
export * from './report-record';
export * from './self-critical';
export * from './self-critical-config';
export type { PictureView, SentenceView, SortKey, StudyView } from './study-viewer';
export * from './trainer';
export type { WrittenReport } from './written-report';
