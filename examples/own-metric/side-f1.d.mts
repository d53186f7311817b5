import type { PairMetric } from '@raca/metrics';

declare const sideF1: PairMetric;
export default sideF1;
