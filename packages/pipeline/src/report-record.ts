import type { Confidence } from './confidence';
import type { ModelConfig } from './config';
import { regionSetOf } from './region-config';
import type { WrittenReport } from './written-report';

/** Stands with every report. */
export const RESEARCH_NOTICE = 'Research software. Not for clinical use.';

/** Said with every report of a run that was trained on drawn images. */
export const DRAWN_NOTICE =
  'The model was trained on images drawn by a program (phantom): its reports say nothing about patients.';

/** What is told of an image file: nothing that was inside. */
export interface RecordedImage {
  readonly file: string;
  readonly format: string;
  readonly width: number;
  readonly height: number;
}

/** What images a model was trained on. */
export interface RecordedTraining {
  readonly source: string | null;
  readonly drawn: boolean;
}

/** Facts of a report beside what was written. */
export interface ReportContext {
  readonly images: readonly RecordedImage[];
  readonly model: Pick<ModelConfig, 'grid' | 'regions'>;
  readonly trainedOn: RecordedTraining;
}

/**
 * A report as JSON for machines: the model's words in `report`, `text` for people, `score` (log-probability), `regions`
 * (masks, 0 or 1) and `probabilities` by name, view by view and row by row of patches, four decimals; `viewKinds` says what
 * each of the `views` shows. `confidence` says how sure the model is of each sentence of `text` and of each finding.
 */
export function reportRecord(written: WrittenReport, { images, model, trainedOn }: ReportContext) {
  const {
    report,
    sentences,
    score,
    confidence,
    contradictions,
    kinds,
    masks,
    probabilities,
    warnings,
    notes,
  } = written;
  const { names } = regionSetOf(model);
  const p = masks.length / names.length;
  const byRegion = (values: ArrayLike<number>) =>
    Object.fromEntries(
      names.map((name, r) => [name, Array.from({ length: p }, (_, k) => round(values[r * p + k]))]),
    );
  return {
    report,
    text: sentences.join(' '),
    score: round(score),
    ...(confidence && { confidence: roundedConfidence(confidence) }),
    contradictions: contradictions.map(({ label, affirmed, denied }) => ({
      finding: label,
      affirmed: sentences[affirmed],
      denied: sentences[denied],
    })),
    images: images.map(({ file, format, width, height }) => ({ file, format, width, height })),
    warnings: [...warnings],
    notes: [...notes],
    views: kinds.length,
    viewKinds: [...kinds],
    grid: model.grid,
    regions: byRegion(masks),
    probabilities: byRegion(probabilities),
    trainedOn: { ...trainedOn },
    notice: noticesOf(trainedOn).join(' '),
  };
}

const roundedConfidence = ({ sentences, findings, calibrated }: Confidence) => ({
  sentences: sentences.map(({ word, right }) => ({ word: round(word), right: right && round(right) })),
  findings:
    findings?.map(({ finding, probability }) => ({ finding, probability: round(probability) })) ?? null,
  calibrated,
});

/** A report as a text file: sentences, what to know about them, and the notices. */
export function reportText(
  { sentences, score, warnings, notes }: WrittenReport,
  { images, trainedOn }: Omit<ReportContext, 'model'>,
): string {
  const list = (title: string, lines: readonly string[]): string[] =>
    lines.length > 0 ? [`${title}:`, ...lines.map((line) => `- ${line}`), ''] : [];
  return [
    sentences.join(' ') || '(empty report)',
    '',
    ...list('Notes', notes),
    ...list('Warnings', warnings),
    `Written by a model from ${images.map(({ file }) => file).join(', ')} (log-probability ${score.toFixed(2)}).`,
    ...noticesOf(trainedOn),
    '',
  ].join('\n');
}

/** What is said of a model that was trained on drawn images. */
export const trainingNotices = ({ drawn }: RecordedTraining): string[] => (drawn ? [DRAWN_NOTICE] : []);

/** What stands with every report. */
export const noticesOf = (trainedOn: RecordedTraining): string[] => [
  ...trainingNotices(trainedOn),
  RESEARCH_NOTICE,
];

const round = (x: number): number => Math.round(x * 1e4) / 1e4;
