export { IMAGE_MODES, type ImageMode } from './images';
export { IU_FORMS, type IuForm } from './iu-xray';
export { MIMIC_FORMS, type MimicForm } from './mimic-cxr';
export {
  type CsvOptions,
  type ImportManifest,
  type ImportResult,
  type IuXrayOptions,
  importCsv,
  importIuXray,
  importMimicCxr,
  type MimicCxrOptions,
} from './run';
