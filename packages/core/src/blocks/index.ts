export * from './attention';
export * from './cross-entropy';
export * from './dropout';
export * from './embedding';
export * from './feed-forward';
export * from './linear';
export * from './norm';
export * from './transformer-encoder';
