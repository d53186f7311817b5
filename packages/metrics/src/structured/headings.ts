/** Headings of the findings in a structured report, in their order. @see SRRG, arXiv:2505.24223 */
export const FINDING_HEADINGS = [
  'Lungs and Airways',
  'Pleura',
  'Cardiovascular',
  'Hila and Mediastinum',
  'Tubes, Catheters, and Support Devices',
  'Musculoskeletal and Chest Wall',
  'Abdominal',
  'Other',
] as const;
export type FindingHeading = (typeof FINDING_HEADINGS)[number];

/** Under which heading the 12 regions go; the table is ours. */
export const HEADING_OF_REGION: Readonly<Record<string, FindingHeading>> = {
  'Lung fields': 'Lungs and Airways',
  Airways: 'Lungs and Airways',
  'Costophrenic angles': 'Pleura',
  Diaphragm: 'Pleura',
  Heart: 'Cardiovascular',
  'Pulmonary vasculature': 'Cardiovascular',
  Mediastinum: 'Hila and Mediastinum',
  Spine: 'Musculoskeletal and Chest Wall',
  Ribs: 'Musculoskeletal and Chest Wall',
  Clavicles: 'Musculoskeletal and Chest Wall',
  Shoulders: 'Musculoskeletal and Chest Wall',
  Abdomen: 'Abdominal',
};

/** Devices are in no region of their own. */
const DEVICE =
  /\b(?:tubes?|catheters?|lines?|pacemakers?|defibrillators?|leads?|wires?|clips?|stents?|valves?|devices?|drains?|picc|port|prosthe\w+|sternotomy)\b/i;

/**
 * Where a sentence goes: to the devices where it names one, else to the heading of most of its regions (the earlier heading where two have
 * equally many), else to Other.
 * @param regions names of the regions it speaks of; those that are none of the 12 count nowhere
 */
export function headingOf(sentence: string, regions: readonly string[]): FindingHeading {
  if (DEVICE.test(sentence)) return 'Tubes, Catheters, and Support Devices';
  const named = regions.flatMap((name) =>
    Object.hasOwn(HEADING_OF_REGION, name) ? [HEADING_OF_REGION[name]!] : [],
  );
  let best: FindingHeading = 'Other';
  let most = 0;
  for (const heading of FINDING_HEADINGS) {
    const count = named.filter((other) => other === heading).length;
    if (count > most) [best, most] = [heading, count];
  }
  return best;
}
