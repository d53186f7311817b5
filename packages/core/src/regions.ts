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

const indices = new Map<string, number>(REGIONS.map((name, i) => [name, i]));

/** Place of a region in {@link REGIONS}, or −1 for a name that is none of them. */
export const regionIndex = (name: string): number => indices.get(name) ?? -1;

export const isRegionName = (name: string): name is RegionName => indices.has(name);
