import { EVALUATION, FINDING_STATES, type FindingLabels, tidyRead } from '@raca/core';
import type { StudyLoader } from '@raca/data/node';
import { countAgreement, precisionRecallF1 } from '@raca/metrics';
import * as tf from '@tensorflow/tfjs-core';
import { encodeStudies } from '../generate';
import type { Raca } from '../model';
import { withBatch } from './batches';
import type { ValidationOptions } from './validate';

const POSITIVE = FINDING_STATES.indexOf('positive');

/**
 * Validation of an epoch in which nothing is written yet: the finding head's mean loss, and F1 of its most probable states,
 * positive against the rest, over all decisions and as mean of the findings that some study has.
 */
export async function validateFindings(
  model: Raca,
  loader: StudyLoader,
  { features, tokenizer, config }: Pick<ValidationOptions, 'features' | 'tokenizer' | 'config'>,
): Promise<Record<string, number>> {
  const { training } = config;
  const names = model.parts.findings?.findings ?? [];
  const said: boolean[][] = names.map(() => []);
  const truth: boolean[][] = names.map(() => []);
  let loss = 0;
  let studies = 0;
  for await (const batch of loader.batches('val')) {
    await withBatch(batch, { features, tokenizer }, (input) => {
      const labels = input.labels!;
      const encoded = encodeStudies(model, input.study, EVALUATION);
      try {
        const found = tidyRead(() => {
          const { total, reading } = model.findingLosses(
            encoded,
            encoded.regions,
            input,
            EVALUATION,
            training.lossWeights,
          );
          return { total: total.dataSync()[0], states: tf.argMax(reading.logits, 2).dataSync() };
        });
        loss += batch.ids.length * found.total;
        names.forEach((name, c) => {
          const own = found.states.filter((_, i) => i % names.length === c);
          said[c].push(...Array.from(own, (state) => state === POSITIVE));
          truth[c].push(...positivesOf(labels, name));
        });
      } finally {
        encoded.dispose();
      }
    });
    studies += batch.ids.length;
    if (studies >= training.validationStudies) break;
  }
  const f1 = (a: readonly boolean[], b: readonly boolean[]): number =>
    precisionRecallF1(countAgreement(a, b)).f1;
  const there = names.flatMap((_, c) => (truth[c].includes(true) ? [f1(truth[c], said[c])] : []));
  return {
    loss: loss / studies,
    headMicroF1: f1(truth.flat(), said.flat()),
    headMacroF1: there.reduce((sum, x) => sum + x, 0) / Math.max(1, there.length),
  };
}

/** Whether each report of a batch states a finding. */
function positivesOf({ names, states }: FindingLabels, name: string): boolean[] {
  const c = names.indexOf(name);
  return Array.from(
    { length: states.length / names.length },
    (_, i) => states[i * names.length + c] === POSITIVE,
  );
}
