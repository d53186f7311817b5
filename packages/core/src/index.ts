export { fnv1a, Random } from './random';
export { isRegionName, REGIONS, type RegionName, regionIndex } from './regions';
