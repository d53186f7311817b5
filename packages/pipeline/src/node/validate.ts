import { EVALUATION, type FindingScores, tidyRead } from '@raca/core';
import type { Tokenizer } from '@raca/data';
import type { StudyBatch, StudyLoader } from '@raca/data/node';
import type { ReportPair } from '@raca/metrics';
import type * as tf from '@tensorflow/tfjs-core';
import { type JudgedSentence, judgedSentences } from '../calibration';
import type { RunConfig } from '../config';
import { reportLabels } from '../finding-labels';
import {
  disposeReadable,
  type EncodedStudies,
  encodeStudies,
  readableOf,
  statesOf,
  writeFrom,
} from '../generate';
import type { ModelBatch, Raca, Readable } from '../model';
import { stackedReadables } from '../stacked-readables';
import { wordLogProbabilities } from '../word-probabilities';
import { withBatch } from './batches';
import type { FeatureSource } from './features';
import { type FurtherScores, selectionScore } from './selection';

/** Studies whose reports are written together: a token for many costs little more than for a few. */
const TOGETHER = 64;

/** Options of {@link validate}. */
export interface ValidationOptions extends FurtherScores {
  /** Where the model reads stored features instead of images. */
  readonly features: FeatureSource | null;
  readonly tokenizer: Tokenizer;
  readonly config: RunConfig;
  /** Studies whose reports are written together at least, 64; bounds what is held of studies that wait. */
  readonly together?: number;
}

/** What validation found. */
export interface ValidationResult {
  /** Mean loss, and scores of the written reports by name. */
  readonly scores: Record<string, number>;
  /** Every written sentence, for calibration. */
  readonly sentences: readonly JudgedSentence[];
}

/** Mean loss and scores of greedily written reports on the validation split. Every image is encoded once. */
export async function validate(
  model: Raca,
  loader: StudyLoader,
  { features, tokenizer, config, together = TOGETHER, ...further }: ValidationOptions,
): Promise<ValidationResult> {
  const { training } = config;
  const generation = { ...training.generation, search: 'greedy', maxLength: config.model.maxLength } as const;
  const pairs: ReportPair[] = [];
  const sentences: JudgedSentence[] = [];
  let waiting: (Pick<StudyBatch, 'ids' | 'references' | 'reports'> & { readable: Readable })[] = [];
  const write = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const all = stackedReadables(waiting.map((w) => w.readable));
    try {
      const { tokens } = await writeFrom(model, all, generation);
      const ids = waiting.flatMap((w) => w.ids);
      const references = waiting.flatMap((w) => w.references);
      const reports = waiting.flatMap((w) => w.reports);
      const words = wordLogProbabilities(model, all, tokens, generation.maxLength);
      tokens.forEach((report, i) => {
        const hypothesis = tokenizer.decode(report);
        pairs.push({ id: ids[i], reference: references[i], hypothesis });
        sentences.push(...judgedSentences(hypothesis, words[i], reports[i]));
      });
    } finally {
      disposeReadable(all);
      for (const { readable } of waiting) disposeReadable(readable);
      waiting = [];
    }
  };
  const totalOf = (encoded: EncodedStudies, batch: ModelBatch): tf.Tensor =>
    model.lossesOf(encoded, encoded.regions, batch, EVALUATION, training.lossWeights).total;
  let loss = 0;
  let studies = 0;
  try {
    for await (const batch of loader.batches('val')) {
      await withBatch(batch, { features, tokenizer }, (input) => {
        // by the programs that training has recorded
        const encoded = encodeStudies(model, input.study, EVALUATION);
        try {
          loss += batch.ids.length * tidyRead(() => totalOf(encoded, input).dataSync()[0]);
          const { ids, references, reports } = batch;
          waiting.push({ ids, references, reports, readable: readableOf(model, encoded) });
        } finally {
          encoded.dispose();
        }
      });
      studies += batch.ids.length;
      if (waiting.reduce((n, w) => n + w.ids.length, 0) >= together) await write();
      if (studies >= training.validationStudies) break;
    }
    await write();
  } finally {
    for (const { readable } of waiting) disposeReadable(readable);
  }
  return { scores: { loss: loss / studies, ...selectionScore(pairs, further) }, sentences };
}

/**
 * What the model's finding head says of the validation studies that {@link validate} writes reports for, and their labels;
 * null without a head. Images are encoded and read, nothing is written.
 */
export async function findingScores(
  model: Raca,
  loader: StudyLoader,
  { features, tokenizer, config }: Pick<ValidationOptions, 'features' | 'tokenizer' | 'config'>,
): Promise<FindingScores | null> {
  if (!model.parts.findings) return null;
  const probabilities: Float32Array[] = [];
  const reports: string[] = [];
  for await (const batch of loader.batches('val')) {
    await withBatch(batch, { features, tokenizer }, ({ study }) => {
      const encoded = encodeStudies(model, study, EVALUATION);
      const readable = readableOf(model, encoded);
      probabilities.push(statesOf(readable)!);
      disposeReadable(readable);
      encoded.dispose();
    });
    reports.push(...batch.reports);
    if (reports.length >= config.training.validationStudies) break;
  }
  return { probabilities: joined(probabilities), labels: reportLabels(reports) };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
