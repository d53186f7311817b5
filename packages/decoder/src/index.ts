export { type TransformerDecoderConfig, transformerDecoderConfigSchema } from './config';
export { type ExpertDecoderConfig, expertDecoderConfigSchema } from './experts/config';
export { expertDecoder } from './experts/expert-decoder';
export { type GenerateOptions, generate } from './generate';
export { type MemoryMatrixDecoderConfig, memoryMatrixDecoderConfigSchema } from './memory-matrix/config';
export { type MemoryMatrixReportDecoder, memoryMatrixDecoder } from './memory-matrix/memory-matrix-decoder';
export { type PublishedName, publishedName } from './published-name';
export { type RelationalMemoryDecoderConfig, relationalMemoryDecoderConfigSchema } from './relational/config';
export {
  type RelationalMemoryReportDecoder,
  relationalMemoryDecoder,
} from './relational/relational-memory-decoder';
export * from './search';
export { type TransformerReportDecoder, transformerDecoder } from './transformer-decoder';
export { uLinkedDecoder } from './u-links/u-linked-decoder';
