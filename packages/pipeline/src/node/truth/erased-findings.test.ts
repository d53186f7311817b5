import '@tensorflow/tfjs-backend-cpu';
import { EVALUATION, Random, type StudyInput, unknownViews, type Views } from '@raca/core';
import type { StudyBatch } from '@raca/data/node';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import type { Raca } from '../../model';
import { buildModel } from '../../modules';
import { imagesOf, TINY_SIZES, tinyBatch, tinyConfig } from '../../tiny';
import { ErasedFindings } from './erased-findings';
import { withoutPatches } from './erasure';
import type { Finding } from './findings';
import { sentenceLogProbability } from './sentence-likelihood';

const grid = { rows: 2, cols: 2 };
const context = { use: 'study-context', config: { heads: 2, feedForward: 6 } };
const MODELS = {
  pictures: buildModel(tinyConfig().model, TINY_SIZES),
  'pictures and indication': buildModel(tinyConfig({ context }).model, {
    ...TINY_SIZES,
    contextVocabularySize: 5,
  }),
};
afterAll(() => {
  for (const model of Object.values(MODELS)) model.dispose();
});

/** Indications of 3 studies, the last of which has none; of another length for each seed. */
function indications(seed: number): StudyInput['texts'] {
  const t = seed + 1;
  const ids = Int32Array.from({ length: 3 * t }, (_, k) => (k < 2 * t ? 1 + ((k * seed) % 4) : 0));
  return { indication: { tokens: { ids, shape: [3, t] }, present: Uint8Array.of(1, 1, 0) } };
}

function studies(seed: number): StudyBatch {
  const made = tinyBatch(seed);
  const { tokens } = made;
  const images = imagesOf(made);
  const pixels = images.dataSync() as Float32Array<ArrayBuffer>;
  images.dispose();
  const batch: Partial<StudyBatch> = {
    images: pixels,
    shape: [3, 2, 16, 16, 3],
    kinds: unknownViews(3, 2),
  };
  return { ...batch, tokens: tokens.ids, tokensShape: [...tokens.shape] } as StudyBatch;
}

const viewsOf = (pixels: Float32Array, shape: StudyBatch['shape']): Views => ({
  input: { images: tf.tensor5d(pixels, shape) },
  kinds: unknownViews(shape[0], shape[1]),
});

/** Log-probability of a sentence of study `i` of these images, nothing shared with another run. @param seed of the batch */
function alone(model: Raca, seed: number, pixels: Float32Array, i: number, f: Finding) {
  const { images, shape, tokens: ids, tokensShape } = studies(seed);
  return tf.tidy(() => {
    const texts = indications(seed);
    const whole = model.encode({ views: viewsOf(images, shape), texts }, EVALUATION);
    const changed = model.encode({ views: viewsOf(pixels, shape), texts }, EVALUATION);
    const encoded = { ...changed, context: whole.context };
    const tokens = { ids, shape: tokensShape };
    const logits = model.logitsOf(encoded, model.locate(encoded), tokens, EVALUATION);
    const values = logits.dataSync() as Float32Array;
    return sentenceLogProbability(values, TINY_SIZES.vocabularySize, tokens, i, f.span);
  });
}

const finding = (from: number, to: number, ...erased: number[]): Finding => ({
  span: { from, to },
  patches: Uint8Array.from({ length: 8 }, (_, p) => (erased.includes(p) ? 1 : 0)),
  classes: ['Edema'],
});
const asked = [
  [[finding(1, 4, 0, 5), finding(4, 7, 3)], [], [finding(1, 4, 1, 2, 6)]],
  [[finding(4, 7, 7)], [finding(1, 6, 0, 1)], []],
];

function measure(model: Raca, together: number) {
  const erased = new ErasedFindings(model, { grid, random: new Random(2), together });
  asked.forEach((findings, k) => {
    const batch = studies(k + 1);
    tf.tidy(() => {
      const views = viewsOf(batch.images, batch.shape);
      const encoded = model.encode({ views, texts: indications(k + 1) }, EVALUATION);
      const readable = model.read(encoded, model.locate(encoded), EVALUATION);
      erased.add(batch, readable, findings, encoded.context);
    });
  });
  return erased.finish();
}

it.each(
  [1, 3, 4, 64].flatMap((n) =>
    (Object.keys(MODELS) as (keyof typeof MODELS)[]).map((name) => [n, name] as const),
  ),
)('measures changed studies %s together as each alone, of %s, and keeps no tensor', (together, name) => {
  const model = MODELS[name];
  const before = tf.memory().numTensors;
  const found = measure(model, together);
  expect(tf.memory().numTensors).toBe(before);
  // first findings of a batch's studies, then second ones
  const order = [
    [0, 0, 0],
    [0, 2, 0],
    [0, 0, 1],
    [1, 0, 0],
    [1, 1, 0],
  ];
  expect(found).toHaveLength(order.length);
  order.forEach(([k, i, n], at) => {
    const batch = studies(k + 1);
    const f = asked[k][i][n];
    const marked = new Uint8Array(3 * 8);
    marked.set(f.patches, i * 8);
    expect(found[at].intact).toBeCloseTo(alone(model, k + 1, batch.images, i, f), 4);
    const erased = withoutPatches(batch.images, batch.shape, marked, grid);
    expect(found[at].own).toBeCloseTo(alone(model, k + 1, erased, i, f), 4);
  });
  for (const [at, { random }] of measure(model, 1).entries()) expect(found[at].random).toBeCloseTo(random, 4);
  expect(new Set(found.flatMap(({ intact, own, random }) => [intact, own, random])).size).toBeGreaterThan(10);
});
