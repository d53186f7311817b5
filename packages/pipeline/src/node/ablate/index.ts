export { type AblateOptions, type Ablation, ablate } from './ablate';
export {
  type Analysis,
  type AnalysisOptions,
  analyse,
  type RowReports,
  type RowScore,
  type RowTest,
} from './analysis';
export type { Cell, CellEvaluation, Outcome } from './cell';
export { type Grid, type GridRow, gridSchema, parseGrid } from './grid';
export { type Ended, type Launch, type LaunchOptions, launchProgram } from './launch';
export { type FinishedRun, latex, markdown, type TableRow, type TextTable } from './tables';
