export * from './dataset';
export { DataError } from './errors';
