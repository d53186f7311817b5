import type { Metric } from '@raca/metrics';
import type { OrderedCase } from './cases.mjs';

interface Count {
  readonly agrees: number;
  readonly ties: number;
  readonly of: number;
}

export function agreement(
  metric: Metric,
  cases: readonly OrderedCase[],
): (Count & { readonly metric: string; readonly key: string; readonly orders: readonly Count[] })[];
