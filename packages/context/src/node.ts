export { readBank, writeBank } from './node/bank-files';
