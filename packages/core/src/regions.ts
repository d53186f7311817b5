import { REGIONS, type RegionName } from './regions/thorax-12';

export type { Curve, Drawing, Drawings, Outline, Stroke } from './regions/drawing';
export type { RegionSet } from './regions/region-set';
export { REGIONS, type RegionName, THORAX_12 } from './regions/thorax-12';

const indices = new Map<string, number>(REGIONS.map((name, i) => [name, i]));

/** Place of a region in {@link REGIONS}, or −1 for a name that is none of them. */
export const regionIndex = (name: string): number => indices.get(name) ?? -1;

export const isRegionName = (name: string): name is RegionName => indices.has(name);
