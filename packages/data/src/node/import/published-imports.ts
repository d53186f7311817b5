import { type ImportOptions, type ImportResult, importDataset } from './import-dataset';
import { type CsvColumns, csv } from './sources/csv';
import { type IuForm, iuXray } from './sources/iu-xray';
import { type MimicForm, mimicCxr } from './sources/mimic-cxr';

export interface IuXrayOptions extends ImportOptions {
  /** Needed where the folders hold more than one form. */
  readonly form?: IuForm;
}

export interface MimicCxrOptions extends ImportOptions {
  readonly form?: MimicForm;
}

export interface CsvOptions extends ImportOptions {
  /** Names of columns that are not known by themselves. */
  readonly columns?: CsvColumns;
}

/** {@link importDataset} of {@link iuXray}. */
export const importIuXray = (options: IuXrayOptions): Promise<ImportResult> =>
  importDataset(iuXray(options.form), options);

/** {@link importDataset} of {@link mimicCxr}. */
export const importMimicCxr = (options: MimicCxrOptions): Promise<ImportResult> =>
  importDataset(mimicCxr(options.form), options);

/** {@link importDataset} of {@link csv}. */
export const importCsv = (options: CsvOptions): Promise<ImportResult> =>
  importDataset(csv(options.columns), options);
