import type { ImportSource } from '../import-source';
import { type PublishedTable, publishedTable } from '../table-source';

/**
 * CheXpert Plus: `df_chexpert_plus_240401.csv`, a row an image, and its PNG or DICOM tree. Columns as in the data set's schema
 * (https://stanford.redivis.com/datasets/5yyj-1a9f6ap0x); a study is a folder `patient…/study…`.
 *
 * `patient_report_date_order` is not read: people who compared it with dates found no order of time in it, so no study has a day or
 * an earlier study.
 */
export const chexpertPlusTable: PublishedTable = {
  name: 'chexpert-plus',
  about: {
    source: 'CheXpert Plus (Stanford AIMI)',
    licence: 'Stanford University Dataset Research Use Agreement',
    access: 'credentialed',
    cleaning: 'iu_xray',
  },
  knownBy: ['path_to_image', 'deid_patient_id', 'section_findings', 'section_impression'],
  columns: {
    image: ['path_to_image'],
    report: ['report'],
    findings: ['section_findings'],
    impression: ['section_impression'],
    indication: ['section_clinical_history'],
    history: ['section_history'],
    comparison: ['section_comparison'],
    technique: ['section_technique'],
    patient: ['deid_patient_id'],
    view: ['ap_pa', 'frontal_lateral'],
    split: ['split'],
  },
  // lateral images have no `ap_pa`
  tidy: (row) => ({ ...row, ap_pa: row.ap_pa?.trim() || row.frontal_lateral || '' }),
};

/** {@link chexpertPlusTable} as a source. */
export const chexpertPlus: ImportSource = publishedTable(chexpertPlusTable);
