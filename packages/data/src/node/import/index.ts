export { IMAGE_MODES, type ImageMode, isImage } from './images';
export {
  type ImportManifest,
  type ImportOptions,
  type ImportResult,
  importDataset,
} from './import-dataset';
export type { ImportSource, Reading, SourceAbout, SourceContent } from './import-source';
export { filesByPath } from './matched-files';
export { parseImportSource } from './own-source';
export {
  type CsvOptions,
  type IuXrayOptions,
  importCsv,
  importIuXray,
  importMimicCxr,
  type MimicCxrOptions,
} from './published-imports';
export { chexpertPlus } from './sources/chexpert-plus';
export { type CsvColumns, csv } from './sources/csv';
export { IU_FORMS, type IuForm, iuXray } from './sources/iu-xray';
export { MIMIC_FORMS, type MimicForm, mimicCxr } from './sources/mimic-cxr';
export { padchest } from './sources/padchest';
export { rexgradient } from './sources/rexgradient';
export { REXRANK_FILE, rexrank } from './sources/rexrank';
export { COLUMN_ROLES, type ColumnRole } from './table-studies';
