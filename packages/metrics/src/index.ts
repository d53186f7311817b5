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
export * from './bleu';
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
export { distinctTexts, lengthRatio } from './facts';
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
export { labelSimilarity, radCliqRules, weightedTokenF1 } from './graph/radcliq-rules';
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
export { checkPairs, pairById, pairReports, referencesOf } from './pairs';
export { ptbTokens, withPtbTokens } from './ptb';
export * from './radcliq';
export * from './radfact-boxes';
export * from './registry';
export * from './resampling';
export * from './reward';
export { longestCommonSubsequence, rougeL, rougeLOf, rougeLOfAll } from './rouge';
export * from './rouge-score';
export * from './sacrebleu';
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
export * from './statistics';
export * from './temporal';
export { splitTokens } from './tokens';
export type * from './types';
