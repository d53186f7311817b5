export { writeFileAtomic } from './node/atomic';
export { writeDataset } from './node/write';
