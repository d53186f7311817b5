export { askCrimson, judgeByCrimson } from './ask-crimson';
export {
  type BertScore,
  type BertScoreOptions,
  bertScore,
  type ModelOutput,
  type TokenEncoder,
} from './bertscore';
export type { ChatModel } from './chat';
export { type ChexbertModel, chexbertLabeler } from './chexbert';
export {
  type CrimsonTable,
  crimson,
  crimsonScore,
  type JudgedFinding,
  SIGNIFICANCE,
  type Significance,
} from './crimson';
export {
  countErrors,
  ERROR_KINDS,
  type ErrorCounts,
  type ErrorKind,
  greenFormula,
  judgeReports,
} from './error-counts';
export { type WordPiece, type WordPieceOptions, wordPiece } from './wordpiece';
