export { auc } from './auc';
export { expectedCalibrationError } from './calibration-error';
export { fitPlatt, type PlattScaling, plattProbability } from './platt';
export { atTemperature, fitTemperature } from './temperature';
