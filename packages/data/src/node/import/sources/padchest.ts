import type { ImportSource } from '../import-source';
import { type PublishedTable, publishedTable } from '../table-source';

/** Values of `Projection` that have other names elsewhere. */
const VIEWS: Readonly<Record<string, string>> = {
  L: 'LATERAL',
  AP_HORIZONTAL: 'AP',
  'AP-HORIZONTAL': 'AP',
  UNK: '',
};

/**
 * PadChest: `PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv(.gz)`, a row an image, and its folders of images. Columns as in the
 * collection's description (https://github.com/BIMCV-CSUSP/BIMCV-PADCHEST; Bustos et al., Medical Image Analysis 66, 2020).
 */
export const padchestTable: PublishedTable = {
  name: 'padchest',
  about: {
    source: 'PadChest (BIMCV, Hospital San Juan de Alicante)',
    licence: 'research use, as agreed with BIMCV (https://bimcv.cipf.es/bimcv-projects/padchest)',
    access: 'credentialed',
    cleaning: 'iu_xray',
    notes: [
      'reports are in Spanish, their words cut to stems: labels, clinical scores and regions of sentences, which are rules on English, mean nothing',
    ],
  },
  knownBy: ['ImageID', 'ImageDir', 'StudyID', 'PatientID', 'Report'],
  columns: {
    id: ['StudyID'],
    image: ['ImageID'],
    report: ['Report'],
    patient: ['PatientID'],
    view: ['Projection', 'ViewPosition_DICOM'],
    date: ['StudyDate_DICOM'],
  },
  tidy: (row) => {
    const view = row.Projection?.trim() ?? '';
    return { ...row, Projection: VIEWS[view.toUpperCase()] ?? view };
  },
};

/** {@link padchestTable} as a source. */
export const padchest: ImportSource = publishedTable(padchestTable);
