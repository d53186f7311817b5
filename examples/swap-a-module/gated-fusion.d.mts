import type { Fusion, Random } from '@raca/core';

export default function gatedFusion(
  config: { perChannel?: boolean },
  sizes: { width: number },
  random: Random,
): Fusion;
