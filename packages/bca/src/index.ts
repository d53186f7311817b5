export { attendRegions } from './attend-regions';
export { bca } from './bca';
export { type BcaConfig, bcaConfigSchema } from './config';
export { type PublishedName, publishedName } from './published-name';
