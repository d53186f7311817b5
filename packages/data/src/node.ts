export { orderViews } from './image/view-order';
export { AddressError } from './node/annotate/address';
export {
  type AnnotateFailure,
  type AnnotateOptions,
  type AnnotateResult,
  annotateFolder,
  type ChatProvider,
} from './node/annotate/folder';
export {
  type CheckOptions,
  checkDataset,
  type DataCheck,
  type DataProblem,
  type SplitCounts,
} from './node/check';
export {
  decodeImage,
  encodePng,
  type PictureOptions,
  type ReadImage,
  type ReadOptions,
  readImage,
  readRadiograph,
} from './node/decode';
export { encodeJpeg } from './node/encode-jpeg';
export { ImageCache } from './node/image-cache';
export {
  COLUMN_ROLES,
  type ColumnRole,
  type CsvColumns,
  type CsvOptions,
  chexpertPlus,
  csv,
  filesByPath,
  IMAGE_MODES,
  type ImageMode,
  type ImportManifest,
  type ImportOptions,
  type ImportResult,
  type ImportSource,
  IU_FORMS,
  type IuForm,
  type IuXrayOptions,
  importCsv,
  importDataset,
  importIuXray,
  importMimicCxr,
  isImage,
  iuXray,
  MIMIC_FORMS,
  type MimicCxrOptions,
  type MimicForm,
  mimicCxr,
  padchest,
  parseImportSource,
  REXRANK_FILE,
  type Reading,
  rexgradient,
  rexrank,
  type SourceAbout,
  type SourceContent,
} from './node/import';
export {
  type Dataset,
  imageFile,
  openDataset,
  readAnnotation,
  readManifest,
  readVocabulary,
  writeVocabulary,
} from './node/read';
export { type ImageSurvey, type ShownDataset, type ShowOptions, showDataset } from './node/show/show';
export type { DataSummary, LabelCount, Labeler } from './node/show/summary';
export { readStudyImages, type StudyContext, type StudyImages } from './node/study-images';
export {
  batches,
  type ContextOptions,
  type LoaderOptions,
  type PassOptions,
  type PictureBatch,
  type StudyBatch,
  StudyLoader,
} from './node/study-loader';
export { writeDataset } from './node/write';
export type { DrawOptions, PhantomResult } from './phantom/make';
export { drawForReports, makePhantom, type PhantomOptions, type ReportsOptions } from './phantom/node';
export { makeTimeline, type TimelineOptions, type TimelineResult } from './phantom/timeline/node';
export type { TimelineStatistics } from './phantom/timeline/statistics';
