import type { ImportSource } from '../import-source';
import { type PublishedTable, readTable } from '../table-source';
import type { ColumnRole, TableColumns, TableLayout } from '../table-studies';
import { chexpertPlusTable } from './chexpert-plus';
import { padchestTable } from './padchest';

/** Names of columns where they are not those that are known. */
export type CsvColumns = TableColumns;

/** Tables that are told by their columns. */
const PUBLISHED_TABLES: readonly PublishedTable[] = [chexpertPlusTable, padchestTable];

/** Names by which a column is known in any other table. */
const USUAL: TableLayout = {
  columns: {
    id: ['study_id', 'uid', 'id', 'study', 'report_id'],
    image:
      'path_to_image image_path image img_path path filename file_path file image_name image_id dicom_id'.split(
        ' ',
      ),
    report: ['report', 'report_text', 'text', 'caption'],
    findings: ['findings', 'section_findings'],
    impression: ['impression', 'section_impression'],
    indication: ['indication', 'section_clinical_history', 'section_history', 'clinical_history', 'history'],
    history: ['history', 'section_history'],
    comparison: ['comparison', 'section_comparison'],
    technique: ['technique', 'section_technique'],
    patient: ['patient_id', 'subject_id', 'deid_patient_id', 'patient', 'subject'],
    view: ['view', 'view_position', 'projection', 'ap_pa', 'frontal_lateral'],
    date: ['study_date', 'date'],
    split: ['split', 'subset', 'partition'],
  } satisfies Record<ColumnRole, readonly string[]>,
};

/**
 * A CSV of image paths and reports: one of your own, or one that is told by its columns (CheXpert Plus, PadChest). Images are found
 * by as much of their paths as both sides have, under any extension.
 */
export const csv = (columns: CsvColumns = {}): ImportSource => {
  const asked = Object.fromEntries(Object.entries(columns).filter(([, name]) => name !== undefined));
  return {
    name: 'csv',
    // Whose reports these are is not known: they count as credentialed until the manifest says `"access": "open"`.
    about: { source: 'a CSV of image paths and reports', licence: 'not stated', cleaning: 'iu_xray' },
    ...(Object.keys(asked).length > 0 && { options: { columns: asked } }),
    section: 'findings-or-impression',
    splitNames: 'images',
    read: (reading) => readTable(reading, { asked, usual: USUAL, known: PUBLISHED_TABLES }),
  };
};
