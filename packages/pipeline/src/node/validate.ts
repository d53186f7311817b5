import { EVALUATION, type PatchFeatures, type RegionMasks, tidyRead } from '@raca/core';
import type { Tokenizer } from '@raca/data';
import type { StudyBatch, StudyLoader } from '@raca/data/node';
import type { ReportPair } from '@raca/metrics';
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../config';
import { encodeStudies, memoryOf, writeFrom } from '../generate';
import type { ModelBatch, Raca } from '../model';
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
  let waiting: (Pick<StudyBatch, 'ids' | 'references'> & { memory: tf.Tensor3D })[] = [];
  const write = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const memory = tf.concat(waiting.map((w) => w.memory));
    try {
      const { tokens } = await writeFrom(model, memory, generation);
      const ids = waiting.flatMap((w) => w.ids);
      const references = waiting.flatMap((w) => w.references);
      tokens.forEach((report, i) => {
        pairs.push({ id: ids[i], reference: references[i], hypothesis: tokenizer.decode(report) });
      });
    } finally {
      memory.dispose();
      tf.dispose(waiting.map((w) => w.memory));
      waiting = [];
    }
  };
  const totalOf = (patches: PatchFeatures, regions: RegionMasks, batch: ModelBatch): tf.Tensor =>
    model.lossesOf(patches, regions, batch, EVALUATION, training.lossWeights).total;
  let loss = 0;
  let studies = 0;
  try {
    for await (const batch of loader.batches('val')) {
      await withBatch(batch, features, (input) => {
        // by the programs that training has recorded
        const encoded = encodeStudies(model, input.vision, EVALUATION);
        try {
          loss +=
            batch.ids.length *
            tidyRead(() => totalOf(encoded.features, encoded.regions, input).dataSync()[0]);
          const { ids, references } = batch;
          waiting.push({ ids, references, memory: memoryOf(model, encoded) });
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
    tf.dispose(waiting.map((w) => w.memory));
  }
  return { loss: loss / studies, ...selectionScore(pairs, further) };
}
