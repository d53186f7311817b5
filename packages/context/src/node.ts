export { BANK_FILE, readBank, writeBank } from './node/bank-files';
