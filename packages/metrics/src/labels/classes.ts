/** The 14 classes of CheXpert (Irvin et al., AAAI 2019), in its order. */
export const CHEXPERT_14 = [
  'No Finding',
  'Enlarged Cardiomediastinum',
  'Cardiomegaly',
  'Lung Lesion',
  'Lung Opacity',
  'Edema',
  'Consolidation',
  'Pneumonia',
  'Atelectasis',
  'Pneumothorax',
  'Pleural Effusion',
  'Pleural Other',
  'Fracture',
  'Support Devices',
] as const;

export type ChexpertClass = (typeof CHEXPERT_14)[number];

/** The five classes of CheXpert's competition. */
export const CHEXPERT_5: readonly ChexpertClass[] = [
  'Atelectasis',
  'Cardiomegaly',
  'Consolidation',
  'Edema',
  'Pleural Effusion',
];

/** 1 positive, 0 negative, -1 uncertain. */
export type LabelValue = 1 | 0 | -1;

/** A class that the report does not mention is absent. */
export type ReportLabels = Partial<Record<ChexpertClass, LabelValue>>;
