export { type AlignmentConfig, alignmentConfigSchema } from './config';
export { type ContrastiveAlignment, contrastiveAlignment, type TextFeatures } from './contrastive-alignment';
export { type FitaAlignmentConfig, fitaAlignmentConfigSchema } from './fita/config';
export { fitaAlignment } from './fita/fita-alignment';
export {
  type GlobalAlignmentConfig,
  globalAlignment,
  globalAlignmentConfigSchema,
} from './global-alignment';
export { type PairWeights, pairWeights, type SentenceTargets, sentenceTargets } from './labels';
export {
  regionOfSentenceLoss,
  type SentenceRegionLossOptions,
  sentenceRegionLoss,
  symmetricInfoNce,
} from './losses';
export { type MultiViewAlignmentConfig, multiViewAlignmentConfigSchema } from './multi-view/config';
export { multiPositiveLoss, ofSameStudy, otherViews, type Positives } from './multi-view/multi-positive';
export { multiViewAlignment } from './multi-view/multi-view-alignment';
export { type WordLossOptions, wordLoss } from './multi-view/word-loss';
export { type PublishedName, publishedName } from './published-name';
export { type SentenceRule, type Span, sentenceSpans } from './sentences';
export { type TripletAlignmentConfig, tripletAlignmentConfigSchema } from './triplet/config';
export { tripletAlignment } from './triplet/triplet-alignment';
export { type UarAlignmentConfig, uarAlignmentConfigSchema } from './uar/config';
export { uarAlignment } from './uar/uar-alignment';
