export {
  type Agreement,
  type AgreementOptions,
  annotationAgreement,
  type Disagreement,
  type RegionAgreement,
} from './annotate/agreement';
export { annotateMissing, annotateReport } from './annotate/annotate-report';
export { type LexiconAnnotator, lexiconAnnotator } from './annotate/lexicon';
export { annotatorFor, regionsBySentence, wordAnnotator } from './annotate/region-words';
export { type StudyTexts, studyTexts } from './batch/study-texts';
export { type TextBatch, type TextOptions, textBatch } from './batch/text';
export { type ChangeReport, type ChangeScores, scoreChanges } from './changes/score';
export {
  type Changes,
  type DeviceChange,
  type FindingChange,
  parseChanges,
  type StudyChanges,
} from './changes/truth';
export { CHANGE_CLASSES, type ChangeClass, changeClasses, comparesWithEarlier } from './changes/words';
export {
  type ContextCounts,
  type ContextTexts,
  cleanContext,
  contextCounts,
  contextOf,
  PRIOR_FAULTS,
  type Prior,
  type PriorFault,
  patientOf,
  priorOf,
  type StudyLookup,
  studyLookup,
} from './context';
export { isCredentialed, whyCredentialed } from './credentialed';
export * from './dataset';
export { DataError } from './errors';
export { imageWarnings } from './image/inspect';
export * from './image/raster';
export { resize, resizeShortSide, shortSideSize } from './image/resize';
export {
  type EvalTransform,
  evalTransform,
  IMAGENET_MEAN,
  IMAGENET_STD,
  normalise,
  type TrainTransform,
  type Transform,
  trainTransform,
  type UniformSource,
} from './image/transform';
export { IMAGE_CHOICES, type ImageChoice } from './import/image-choice';
export { MARK_CHOICES, type MarkChoice, SECTION_CHOICES, type SectionChoice } from './import/sections';
export * from './phantom';
export { parseRexrank, type RexrankEntries, rexrankEntry, rexrankOf } from './rexrank';
export * from './text/clean';
export { MISSING_WORD, readableReport, readableSentences } from './text/readable-report';
export * from './text/tokenizer';
export { type MissingViews, ownSlots, picturesUsed, type ViewSlots, viewSlots } from './view-slots';
export { viewKind, viewKindsOf } from './views';
