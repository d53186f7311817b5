export * from './batch/plan';
export * from './batch/text';
export * from './dataset';
export { DataError } from './errors';
export * from './image/raster';
export { resize, resizeShortSide, shortSideSize } from './image/resize';
export * from './image/transform';
export * from './text/clean';
export * from './text/tokenizer';
