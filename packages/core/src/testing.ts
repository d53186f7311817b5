export * from './testing/check-alignment';
export * from './testing/check-context';
export * from './testing/check-decoder';
export * from './testing/check-fusion';
export * from './testing/check-region-agent';
export * from './testing/check-vision';
export * from './testing/features';
export * from './testing/numeric';
