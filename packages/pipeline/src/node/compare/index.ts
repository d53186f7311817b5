export { type CompareRunsOptions, compareRuns, type RunComparison, type ScoredRuns } from './compare-runs';
export type { FieldDifference } from './differences';
