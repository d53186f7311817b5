import type { RegionSet } from '@raca/core';

declare const LOBES: RegionSet;
export default LOBES;
