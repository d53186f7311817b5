import { EVALUATION, tidyRead } from '@raca/core';
import type { Tokenizer } from '@raca/data';
import type { StudyBatch, StudyLoader } from '@raca/data/node';
import type { ReportPair } from '@raca/metrics';
import type * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../config';
import { disposeReadable, type EncodedStudies, encodeStudies, readableOf, writeFrom } from '../generate';
import type { ModelBatch, Raca, Readable } from '../model';
import { stackedReadables } from '../stacked-readables';
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

/** Mean loss and scores of greedily written reports on the validation split. Every image is encoded once. */
export async function validate(
  model: Raca,
  loader: StudyLoader,
  { features, tokenizer, config, together = TOGETHER, ...further }: ValidationOptions,
): Promise<Record<string, number>> {
  const { training } = config;
  const generation = { ...training.generation, search: 'greedy', maxLength: config.model.maxLength } as const;
  const pairs: ReportPair[] = [];
  let waiting: (Pick<StudyBatch, 'ids' | 'references'> & { readable: Readable })[] = [];
  const write = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const all = stackedReadables(waiting.map((w) => w.readable));
    try {
      const { tokens } = await writeFrom(model, all, generation);
      const ids = waiting.flatMap((w) => w.ids);
      const references = waiting.flatMap((w) => w.references);
      tokens.forEach((report, i) => {
        pairs.push({ id: ids[i], reference: references[i], hypothesis: tokenizer.decode(report) });
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
          const { ids, references } = batch;
          waiting.push({ ids, references, readable: readableOf(model, encoded) });
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
  return { loss: loss / studies, ...selectionScore(pairs, further) };
}
