export { firstPrior, nextPrior, positiveFrequencies, thresholdsFor } from './calibration';
export { CHEXPERT_FINDINGS } from './chexpert-findings';
export { type FindingHeadConfig, findingHeadConfigSchema, missingFrequencies } from './config';
export { findingHead } from './finding-head';
export { type FindingLossOptions, findingLoss } from './finding-loss';
export { type SymptomHeadConfig, symptomHeadConfigSchema } from './symptoms/config';
export { symptomHead } from './symptoms/symptom-head';
