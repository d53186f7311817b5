export { type CompareRunsOptions, compareRuns, type RunComparison, type ScoredRuns } from './compare-runs';
export { differingFields, type FieldDifference } from './differences';
