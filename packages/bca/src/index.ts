export { attendRegions } from './attend-regions';
export { type BcaFusion, type BcaParts, bca } from './bca';
export { type BcaConfig, bcaConfigSchema } from './config';
export {
  type ContrastiveAttentionConfig,
  contrastiveAttentionConfigSchema,
} from './contrastive-attention/config';
export {
  type ContrastiveAttentionFusion,
  contrastiveAttention,
} from './contrastive-attention/contrastive-attention';
export {
  type EncoderLevelsConfig,
  encoderLevels,
  encoderLevelsConfigSchema,
} from './encoder-levels/encoder-levels';
export {
  type ExpertTokensConfig,
  expertTokens,
  expertTokensConfigSchema,
} from './expert-tokens/expert-tokens';
export { type FrontDoorConfig, frontDoorConfigSchema } from './front-door/config';
export { frontDoor } from './front-door/front-door';
export { type GatedSumConfig, gatedSum, gatedSumConfigSchema } from './gated-sum';
export { type MeanFusionConfig, meanFusion, meanFusionConfigSchema } from './mean-fusion';
export { type PublishedName, publishedName } from './published-name';
export {
  type RegionEncoderConfig,
  regionEncoder,
  regionEncoderConfigSchema,
} from './region-encoder/region-encoder';
export {
  type SelfAttentionFusionConfig,
  selfAttentionFusion,
  selfAttentionFusionConfigSchema,
} from './self-attention-fusion';
