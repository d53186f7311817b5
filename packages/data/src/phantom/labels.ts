import type { Finding, FindingKind } from './findings';

/** The 14 classes of CheXpert, in its order. */
export const CLASSES = [
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
export type ClassName = (typeof CLASSES)[number];

const CLASS_OF: Readonly<Record<FindingKind, ClassName | null>> = {
  cardiomegaly: 'Cardiomegaly',
  'wide mediastinum': 'Enlarged Cardiomediastinum',
  effusion: 'Pleural Effusion',
  consolidation: 'Consolidation',
  opacity: 'Lung Opacity',
  nodule: 'Lung Lesion',
  mass: 'Lung Lesion',
  pneumothorax: 'Pneumothorax',
  atelectasis: 'Atelectasis',
  edema: 'Edema',
  fracture: 'Fracture',
  'pleural thickening': 'Pleural Other',
  device: 'Support Devices',
  hyperinflation: null,
  scoliosis: null,
  'raised diaphragm': null,
  'tortuous aorta': null,
  'degenerative spine': null,
};

/** Variants outside the 14 classes that still make a film abnormal, as CheXpert's labeler has it. */
const ABNORMAL: ReadonlySet<FindingKind> = new Set([
  'hyperinflation',
  'scoliosis',
  'raised diaphragm',
  'degenerative spine',
]);

/** Truth of the 14 classes, 0 or 1 each, in the order of {@link CLASSES}; a device alone leaves "No Finding". */
export function labelsOf(findings: readonly Finding[]): number[] {
  const positive = new Set<ClassName>();
  let abnormal = false;
  for (const { kind, pneumonia, device } of findings) {
    if (device === 'clips') continue;
    const name = CLASS_OF[kind];
    if (name) positive.add(name);
    if (pneumonia) positive.add('Pneumonia');
    abnormal ||= ABNORMAL.has(kind) || (name !== null && name !== 'Support Devices');
  }
  if (!abnormal) positive.add('No Finding');
  return CLASSES.map((name) => (positive.has(name) ? 1 : 0));
}
