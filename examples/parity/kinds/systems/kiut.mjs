import { encoderLevels } from '@raca/bca';
import { crossEntropy, EVALUATION, Random, unknownViews } from '@raca/core';
import { publishedName, uLinkedDecoder } from '@raca/decoder';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { loadedWeights } from './loaded-weights.mjs';

/** KiUT: decoder layer l reads encoder layer l. @param {import('./system-case.mjs').SystemCase} given */
export function kiut(given) {
  const { heads, layers } = given.hyper({ heads: z.int().positive(), layers: z.int().positive() });
  const [feedForward, width] = given.tensor('model.decoder.layers.0.feed_forward.w_1.weight').shape;
  const sizes = { width: width ?? 0, heads, layers, feedForward, dropout: 0 };
  const { data: ids, shape } = given.input('seq', [null, null]);
  const [b, t] = shape;
  const V = given.tensor('logit.bias').size;
  const encoder = encoderLevels(sizes, new Random(1));
  const decoder = uLinkedDecoder({ ...sizes, vocabularySize: V, maxLength: t }, new Random(1));
  const weights = {
    ...loadedWeights(given, encoder.parameters, (own) => levelName(own, layers)),
    ...loadedWeights(given, decoder.parameters, publishedName),
  };

  const p = given.tensor('patches').shape[1];
  const encode = (/** @type {any} */ patches) => {
    const grid = { views: 1, rows: 1, cols: p ?? 0 };
    const features = { patches, present: null, grid, kinds: unknownViews(b, 1) };
    return encoder.fuse({ features, masks: tf.zeros([b, 1, p ?? 0]), context: null }, EVALUATION);
  };
  const cut = (/** @type {ArrayLike<number>} */ rows, /** @type {number} */ from) =>
    Array.from({ length: b * (t - 1) }, (_, k) => rows[Math.floor(k / (t - 1)) * t + (k % (t - 1)) + from]);
  const read = { ids: Int32Array.from(cut(ids, 0)), shape: /** @type {[number, number]} */ ([b, t - 1]) };
  const [targets, counted] = [Int32Array.from(cut(ids, 1)), Float32Array.from(cut(given.values('mask'), 1))];
  const lossOf = (/** @type {import('@raca/core').Memory} */ memory) => {
    const logits = decoder.logits(memory, read, EVALUATION);
    return crossEntropy(/** @type {any} */ (tf.reshape(logits, [-1, V])), targets, counted);
  };

  const memory = encode(given.tensor('patches'));
  for (const { name, from, to } of memory.parts) {
    const level = name === 'patches' ? layers : Number(name.replace('level-', ''));
    given.check(`level.${level - 1}`, tf.slice(memory.tokens, [0, from, 0], [-1, to - from, -1]));
  }
  given.check('logprobs', tf.logSoftmax(decoder.logits(memory, read, EVALUATION)));
  given.check('loss_standard', lossOf(lastOf(memory)));
  given.differentiate('loss', (by) => lossOf(encode(by.patches)), weights);
  given.hide('decoder_out', 'decoder_out.standard');
  for (const module of [encoder, decoder]) module.dispose();
}

/** The last level alone. @param {import('@raca/core').Memory} memory @returns {import('@raca/core').Memory} */
function lastOf({ tokens, parts }) {
  const { from, to } = /** @type {any} */ (parts.find(({ name }) => name === 'patches'));
  const last = /** @type {any} */ (tf.slice(tokens, [0, from, 0], [-1, to - from, -1]));
  return { tokens: last, present: null, parts: [{ name: 'patches', from: 0, to: to - from }] };
}

/** Where the folder keeps a weight of the encoder: every level has a norm. @param {string} own @param {number} layers */
function levelName(own, layers) {
  const [, level, leaf] = /^(?:norms\.(\d+)|encoder\.norm)\.(\w+)$/.exec(own) ?? [];
  if (leaf === undefined) return publishedName(own);
  return { name: `model.encoder.norms.${level ?? layers - 1}.${leaf}`, transpose: false };
}
