export * from './config';
export * from './fit-to-data';
export * from './generate';
export * from './model';
export * from './modules';
export * from './presets';
export * from './report-page';
export * from './trainer';
