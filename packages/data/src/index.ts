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
  contextOf,
  PRIOR_FAULTS,
  type Prior,
  type PriorFault,
  patientOf,
  priorOf,
  type StudyLookup,
  studyLookup,
} from './context';
export { isCredentialed } from './credentialed';
export {
  type Annotation,
  annotationSchema,
  filterStudies,
  type Manifest,
  manifestSchema,
  parseAnnotation,
  parseManifest,
  parseRegionTruth,
  type RegionTruth,
  regionTruthSchema,
  SPLITS,
  type Split,
  type Study,
  studySchema,
} from './dataset';
export { DataError } from './errors';
export { imageWarnings } from './image/inspect';
export { type Box, crop, type GrayImage, type RasterImage } from './image/raster';
export { resize } from './image/resize';
export {
  type EvalTransform,
  evalTransform,
  IMAGENET_MEAN,
  IMAGENET_STD,
  type TrainTransform,
  type Transform,
  trainTransform,
  type UniformSource,
} from './image/transform';
export { IMAGE_CHOICES, type ImageChoice } from './import/image-choice';
export { MARK_CHOICES, type MarkChoice, SECTION_CHOICES, type SectionChoice } from './import/sections';
export * from './phantom';
export {
  parseRexrank,
  type RexrankEntries,
  type RexrankStudy,
  readRexrankEntry,
  rexrankEntry,
  rexrankOf,
} from './rexrank';
export { type Cleaning, cleanIu, cleanReport, splitSentences, words } from './text/clean';
export { readableReport, readableSentences, readableSpans } from './text/readable-report';
export * from './text/tokenizer';
export { type MissingViews, ownSlots, picturesUsed, type ViewSlots, viewSlots } from './view-slots';
export { viewKind, viewKindsOf } from './views';
