export { type Contradiction, lateralityContradictions, lateralityRate } from './laterality';
export { findMeasurements, type Measurement, measurementRate } from './measurements';
export { priorExamRate, priorExamSentences } from './prior-exam';
