import type { ChexpertClass, ReportLabels } from '../labels/classes';

/** `+` present, `-` denied, `?` in doubt, `.` not mentioned, `!+` anything but present, `!-` mentioned and not denied. */
export type Said = '+' | '-' | '?' | '.' | '!+' | '!-';

/** Short names of classes in tables of tests. */
export const CLASSES: Readonly<Record<string, ChexpertClass>> = {
  none: 'No Finding',
  ecm: 'Enlarged Cardiomediastinum',
  heart: 'Cardiomegaly',
  lesion: 'Lung Lesion',
  opacity: 'Lung Opacity',
  edema: 'Edema',
  consolidation: 'Consolidation',
  pneumonia: 'Pneumonia',
  atelectasis: 'Atelectasis',
  pneumothorax: 'Pneumothorax',
  effusion: 'Pleural Effusion',
  pleura: 'Pleural Other',
  fracture: 'Fracture',
  device: 'Support Devices',
};
export const NAMES = new Map(Object.entries(CLASSES).map(([short, name]) => [name, short]));

export function holds(value: number | undefined, said: Said): boolean {
  if (said === '!+') return value !== 1;
  if (said === '!-') return value !== undefined && value !== 0;
  return value === { '+': 1, '-': 0, '?': -1, '.': undefined }[said];
}

/** `effusion+ pneumothorax-` as labels. */
export function labelsOf(short: string): ReportLabels {
  const labels: ReportLabels = {};
  for (const item of short.split(' ').filter(Boolean)) {
    const name = CLASSES[item.slice(0, -1)];
    if (!name) throw new Error(`labelsOf: expected one of ${Object.keys(CLASSES)}, got ${item}`);
    labels[name] = item.endsWith('+') ? 1 : item.endsWith('-') ? 0 : -1;
  }
  return labels;
}
