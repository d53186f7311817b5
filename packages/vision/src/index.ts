export { encoderHash } from './features/encoder-hash';
export { type PublishedName, publishedName } from './published-name';
export { DEPTHS, type Depth, resnetDepth } from './resnet/architecture';
export { loadTorchvision } from './resnet/load-torchvision';
export { type ResnetConfig, resnet, resnetSchema } from './resnet/resnet';
export { type SmallCnnConfig, smallCnn, smallCnnSchema } from './small-cnn';
export {
  type VisualTransformerConfig,
  type VisualTransformerEncoder,
  visualTransformer,
  visualTransformerSchema,
} from './visual-transformer';
