import type { RegionSet } from '@raca/core';

export const LOBES: RegionSet;
export default LOBES;
