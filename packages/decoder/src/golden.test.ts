import '@tensorflow/tfjs-backend-cpu';
import {
  EVALUATION,
  type Memory,
  memoryPart,
  Random,
  type ReportDecoder,
  type TokenBatch,
  valueAndGradients,
} from '@raca/core';
import { largestError } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GoldenCase, hasGolden } from './golden-case';
import { beamSearch, greedy, publishedName, type Search, TRIGRAM_PENALTY, transformerDecoder } from './index';

/** The published weights in `parameters`. */
function load(golden: GoldenCase, { parameters }: Pick<ReportDecoder, 'parameters'>): void {
  for (const [own, variable] of parameters) {
    const published = publishedName(own);
    const value = golden.tensor(published.name);
    variable.assign(published.transpose ? tf.transpose(value) : value);
  }
}

const configOf = ({ config }: GoldenCase) => ({
  variant: 'published' as const,
  width: config.d_model,
  heads: config.heads,
  feedForward: config.d_ff,
  layers: config.layers,
  vocabularySize: config.vocab + 1,
  maxLength: config.max_len,
});

/** What the published decoder read. */
const memoryOf = (golden: GoldenCase): Memory => memoryPart('patches', golden.tensor('bca_out'));

/** Without its last column, as the decoder is taught. */
function taught(golden: GoldenCase): TokenBatch {
  const ids = golden.values('seq');
  const t = golden.config.max_len;
  const b = ids.length / t;
  return { ids: Int32Array.from(ids.filter((_, i) => (i + 1) % t !== 0)), shape: [b, t - 1] };
}

/** Mean over the tokens that are not padding, the first end included. */
function crossEntropy(golden: GoldenCase, decoder: ReportDecoder): tf.Scalar {
  const t = golden.config.max_len;
  const tail = (name: string): Float32Array => golden.values(name).filter((_, i) => i % t !== 0);
  const mask = tf.tensor1d(tail('mask'));
  const targets = tf.oneHot(tf.tensor1d(Int32Array.from(tail('seq')), 'int32'), decoder.vocabularySize);
  const logits = decoder.logits(memoryOf(golden), taught(golden), EVALUATION);
  const logs = tf.logSoftmax(tf.reshape(logits, [-1, decoder.vocabularySize]));
  const chosen = tf.sum(tf.mul(logs, targets), 1);
  return tf.neg(tf.div(tf.sum(tf.mul(chosen, mask)), tf.sum(mask))) as tf.Scalar;
}

describe.each(['raca-iu', 'raca-mimic'])('golden %s (skipped where ../shared/golden is absent)', (name) => {
  const skip = !hasGolden(name);

  it.skipIf(skip)('teacher forcing gives the published hidden states and log-probabilities', () => {
    const golden = new GoldenCase(name);
    const decoder = transformerDecoder(configOf(golden), new Random(1));
    load(golden, decoder);
    const memory = memoryOf(golden);
    const hidden = decoder.hidden(memory, taught(golden), EVALUATION);
    expect(largestError(hidden.dataSync(), golden.values('decoder_out'))).toBeLessThan(1e-4);
    const logProbabilities = tf.logSoftmax(decoder.logits(memory, taught(golden), EVALUATION));
    expect(largestError(logProbabilities.dataSync(), golden.values('logprobs'))).toBeLessThan(1e-4);
  });

  it.skipIf(skip)('cross-entropy and its gradients are the published ones', () => {
    const golden = new GoldenCase(name);
    const decoder = transformerDecoder({ ...configOf(golden), dropout: 0 }, new Random(1));
    load(golden, decoder);
    const { value, gradients } = valueAndGradients(() => crossEntropy(golden, decoder), decoder.parameters);
    expect(value.dataSync()[0]).toBeCloseTo(golden.values('ce_loss')[0], 5);
    for (const [own, gradient] of gradients) {
      if (own === 'embedding.weight') continue; // the published total loss reaches it through the text encoder too
      const published = publishedName(own);
      const expected = golden.tensor(`grad.${published.name}`);
      const ours = published.transpose ? tf.transpose(gradient) : gradient;
      expect(largestError(ours.dataSync(), expected.dataSync()), own).toBeLessThan(1e-4);
    }
    expect(gradients.size).toBe(decoder.parameters.size);
  });

  it.skipIf(skip).each<[string, (golden: GoldenCase, maxLength: number) => Search]>([
    ['beam_seq', ({ config }, maxLength) => beamSearch({ beam: config.beam ?? 3, maxLength })],
    ['greedy_seq', (_, maxLength) => greedy({ maxLength })],
    ['greedy_trigram_seq', (_, maxLength) => greedy({ maxLength, trigramPenalty: TRIGRAM_PENALTY })],
  ])('%s token for token', async (tensor, search) => {
    const golden = new GoldenCase(name);
    const t = golden.config.max_len;
    const decoder = transformerDecoder(configOf(golden), new Random(1));
    load(golden, decoder);
    const { tokens } = await search(golden, t)(decoder, memoryOf(golden));
    const padded = tokens.flatMap((words) => [...words, ...new Array<number>(t - words.length).fill(0)]);
    expect(padded).toEqual([...golden.values(tensor)]);
  });
});
