export * from './node/baselines';
export * from './node/evaluate';
export * from './node/generate-files';
export * from './node/load-run';
export * from './node/page';
export * from './node/run-folder';
export * from './node/table';
export * from './node/train';
