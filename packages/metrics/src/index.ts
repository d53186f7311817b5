export {
  REPORTED,
  readSections,
  SECTION_NAMES,
  type Section,
  type SectionName,
  selectSections,
} from '@raca/text';
export { asMetric } from './as-metric';
export * from './baselines';
export { bleu, meanSentenceBleu, sentenceBleu } from './bleu';
export * from './checks';
export * from './cider';
export * from './clinical';
export * from './compare';
export {
  type StudyConsistency,
  type StudyWords,
  studyConsistency,
} from './consistency/consistency';
export { consistencyMetric, iconConsistency } from './consistency/icon';
export { lengthRatio } from './facts';
export { type GraphF1, graphF1 } from './graph/f1';
export {
  type EntityLabel,
  extractGraph,
  type GraphEntity,
  type GraphRelation,
  type LetterCase,
  type RelationKind,
  type ReportGraph,
} from './graph/graph';
export { radCliqRules } from './graph/radcliq-rules';
export { radgraphRulesF1 } from './graph/radgraph-rules';
export * from './judges';
export * from './labels/classes';
export { type Contradiction, findContradictions } from './labels/contradictions';
export {
  CHEXPERT_CONVENTION,
  CODED_CONVENTION,
  CONVENTIONS,
  type Convention,
} from './labels/conventions';
export {
  findMentions,
  type LabelerOptions,
  labelReport,
  type Mention,
  type RuleLabeler,
  ruleLabeler,
} from './labels/labeler';
export type { Severity, Side } from './labels/modifiers';
export { splitSentences } from './labels/sentences';
export { accumulate, additive, meanMetric, measure, metricOver } from './measure';
export * from './meteor';
export { type OutputFault, outputFaults } from './output-faults';
export { pairReports, referencesOf } from './pairs';
export * from './probability';
export { withPtbTokens } from './ptb';
export { type RadCliqParts, radCliq } from './radcliq';
export * from './radfact-boxes';
export * from './registry';
export * from './resampling';
export * from './reward';
export { rougeL, rougeLOf } from './rouge';
export { rougeScore, rougeScoreOf } from './rouge-score';
export { sacreBleu } from './sacrebleu';
export {
  type CorpusFacts,
  defaultMetrics,
  type Protocol,
  type ScoreOptions,
  type ScoreReport,
  score,
} from './score';
export * from './score-stream';
export { spearman } from './spearman';
export {
  bootstrapInterval,
  bootstrapMean,
  holm,
  type Interval,
  pairedRandomisation,
  pairedRandomisationOfMeans,
  quantile,
  type RandomisationTest,
  type ResamplingOptions,
} from './statistics';
export * from './structured/headings';
export * from './structured/section-scores';
export * from './structured/structured-report';
export { TEMPORAL_WORDS, temporalF1, temporalF1Of, temporalWords } from './temporal';
export type * from './types';
