export { type PublishedName, publishedName } from './published-name';
export { type SmallCnnConfig, smallCnn, smallCnnSchema } from './small-cnn';
export {
  type VisualTransformerConfig,
  visualTransformer,
  visualTransformerSchema,
} from './visual-transformer';
