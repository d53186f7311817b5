export { type AlignmentConfig, alignmentConfigSchema } from './config';
export { ContrastiveAlignment, contrastiveAlignment, type TextFeatures } from './contrastive-alignment';
export { type PairWeights, pairWeights } from './labels';
export { type SentenceRegionLossOptions, sentenceRegionLoss, symmetricInfoNce, unitLength } from './losses';
export { meanOfMasked, meanOfSelected } from './pooling';
export { type PublishedName, publishedName } from './published-name';
export { type SentenceMatches, sentenceMatches, sentenceMatchingLoss } from './sentence-matching';
export { averagingMatrix, type SentenceRule, type Span, sentenceSpans } from './sentences';
