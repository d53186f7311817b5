export * from './alignment';
export * from './decoder';
export * from './fusion';
export * from './module';
export * from './region-agent';
export * from './study';
export * from './text';
export * from './vision';
