import type { Curve, Drawing } from './drawing';
import type { RegionSet } from './region-set';

/** The anatomical regions in the order in which the agent visits them (SPEC: r = 12). */
export const REGIONS = [
  'Lung fields',
  'Airways',
  'Heart',
  'Pulmonary vasculature',
  'Mediastinum',
  'Spine',
  'Abdomen',
  'Diaphragm',
  'Shoulders',
  'Ribs',
  'Clavicles',
  'Costophrenic angles',
] as const;

/** Name of one of the 12 {@link REGIONS}. */
export type RegionName = (typeof REGIONS)[number];

/** Height of both halves of the diaphragm in a frontal view: two domes that meet in the middle. */
const domes: Curve = { base: 0.72, bend: 1.2, middle: 0.22, mirrored: true };

/** Frontal view, left–right symmetric: drawn from general anatomy for a chest that fills the image. */
const frontal = {
  'Lung fields': [
    { ellipse: [0.28, 0.45, 0.19, 0.34], mirrored: true },
    { below: domes, cut: true },
  ],
  Airways: [
    { box: [0.45, 0, 0.55, 0.36] },
    {
      band: [
        [0.5, 0.34],
        [0.36, 0.46],
      ],
      halfWidth: 0.04,
      mirrored: true,
    },
  ],
  Heart: [{ ellipse: [0.5, 0.6, 0.21, 0.17] }],
  'Pulmonary vasculature': [{ ellipse: [0.35, 0.48, 0.12, 0.18], mirrored: true }],
  Mediastinum: [{ box: [0.38, 0.08, 0.62, 0.72] }],
  Spine: [{ box: [0.44, 0, 0.56, 1] }],
  Abdomen: [{ below: domes }],
  Diaphragm: [{ along: domes, halfWidth: 0.06 }],
  Shoulders: [{ ellipse: [0.09, 0.15, 0.14, 0.16], mirrored: true }],
  Ribs: [
    { ellipse: [0.27, 0.45, 0.24, 0.4], mirrored: true },
    { box: [0.42, 0, 0.58, 1], cut: true },
  ],
  Clavicles: [
    {
      band: [
        [0.1, 0.13],
        [0.45, 0.2],
      ],
      halfWidth: 0.05,
      mirrored: true,
    },
  ],
  'Costophrenic angles': [{ ellipse: [0.1, 0.78, 0.12, 0.1], mirrored: true }],
} as const satisfies Drawing & Record<RegionName, unknown>;

/** Lateral view, the patient facing left: breastbone on the left, spine on the right. */
const dome: Curve = { base: 0.7, bend: 0.9, middle: 0.45 };
const lateral = {
  'Lung fields': [{ ellipse: [0.5, 0.45, 0.36, 0.38] }, { below: dome, cut: true }],
  Airways: [
    {
      band: [
        [0.5, 0],
        [0.55, 0.42],
      ],
      halfWidth: 0.05,
    },
  ],
  Heart: [{ ellipse: [0.36, 0.57, 0.19, 0.17] }],
  'Pulmonary vasculature': [{ ellipse: [0.52, 0.45, 0.14, 0.14] }],
  Mediastinum: [{ box: [0.28, 0.15, 0.62, 0.45] }, { ellipse: [0.38, 0.56, 0.2, 0.18] }],
  Spine: [
    {
      band: [
        [0.66, 0],
        [0.84, 0.45],
      ],
      halfWidth: 0.08,
    },
    {
      band: [
        [0.84, 0.45],
        [0.78, 1],
      ],
      halfWidth: 0.08,
    },
  ],
  Abdomen: [{ below: dome }],
  Diaphragm: [{ along: dome, halfWidth: 0.06 }],
  Shoulders: [{ ellipse: [0.55, 0.1, 0.24, 0.12] }],
  Ribs: [{ ellipse: [0.52, 0.45, 0.44, 0.42] }, { ellipse: [0.5, 0.45, 0.24, 0.24], cut: true }],
  Clavicles: [{ ellipse: [0.4, 0.1, 0.18, 0.07] }],
  'Costophrenic angles': [{ ellipse: [0.76, 0.8, 0.12, 0.1] }, { ellipse: [0.16, 0.78, 0.1, 0.1] }],
} as const satisfies Drawing & Record<RegionName, unknown>;

/** The 12 regions of RACA: the default. Reports are read for them by the finer lexicon of `@raca/data`. */
export const THORAX_12: RegionSet & { readonly names: typeof REGIONS } = {
  name: 'thorax-12',
  names: REGIONS,
  drawings: { frontal, lateral },
  words: {
    'Lung fields': ['lung*', 'lobe*', 'pulmonary parenchym*', 'airspace*', 'pneumothora*'],
    Airways: ['airway*', 'trachea*', 'carina*', 'bronch*'],
    Heart: ['heart', 'cardiac', 'cardiomegaly', 'cardiomediastinal'],
    'Pulmonary vasculature': ['pulmonary vas*', 'vascular*', 'vasculature', 'hilar', 'hilum', 'hila'],
    Mediastinum: ['mediastin*', 'cardiomediastinal', 'aort*'],
    Spine: ['spin*', 'vertebra*', 'thoracolumbar'],
    Abdomen: ['abdom*', 'bowel', 'gastric', 'stomach', 'free air'],
    Diaphragm: ['diaphragm*', 'hemidiaphragm*'],
    Shoulders: ['shoulder*', 'humer*', 'scapula*', 'glenohumeral'],
    Ribs: ['rib', 'ribs', 'chest wall'],
    Clavicles: ['clavic*', 'acromioclavicular'],
    'Costophrenic angles': ['costophrenic', 'effusion*', 'blunt*'],
  },
};
