export { mixedLoss, mixWithEquivalents, OWN_SHARE } from './equivalents';
export { type PhraseCheckerConfig, phraseCheckerConfigSchema } from './grounding/config';
export {
  type Claim,
  type GroundingInput,
  type PhraseChecker,
  phraseChecker,
} from './grounding/phrase-checker';
export {
  type Place,
  patchesOf,
  SIDES,
  type Side,
  type StudyMasks,
  ZONES,
  type Zone,
} from './grounding/place';
export { type Measurable, type MeasuredLength, measurementCheck } from './measurement';
export { type PlaceCheckOptions, type PlacesJudged, placeCheck, type SaidPlace } from './place';
export { type Plan, type PlanStep, planSchema } from './plan/plan';
export { type PlanValue, runPlan } from './plan/run-plan';
export { type Scene, type Thing, thingOf } from './plan/scene';
export { type PriorKnown, priorExamCheck } from './prior-exam';
export {
  checkReport,
  type Remark,
  type ReportCheck,
  repaired,
  type Span,
  sentenceCheck,
  type Verdict,
} from './report-check';
export { sentenceSpans } from './sentence-spans';
export { type SaidSide, type SidesKnown, sideCheck } from './side';
