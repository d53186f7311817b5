export { auc } from './auc';
export { expectedCalibrationError } from './calibration-error';
export { logit } from './logistic';
export { fitPlatt, type PlattScaling, plattProbability } from './platt';
