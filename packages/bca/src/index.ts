export { attendRegions } from './attend-regions';
export { type BcaFusion, type BcaParts, bca } from './bca';
export { type BcaConfig, bcaConfigSchema } from './config';
export { type PublishedName, publishedName } from './published-name';
