export { type TransformerDecoderConfig, transformerDecoderConfigSchema } from './config';
export { type GenerateOptions, generate } from './generate';
export { type PublishedName, publishedName } from './published-name';
export * from './search';
export { type TransformerReportDecoder, transformerDecoder } from './transformer-decoder';
