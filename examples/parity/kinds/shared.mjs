import { EVALUATION, sizeOfViews, targetsOf, unknownViews, valueAndGradients } from '@raca/core';
import { publishedParameter, writeReports } from '@raca/pipeline';
import * as tf from '@tensorflow/tfjs-core';
import { EXACT } from '../comparison.mjs';
import { readTensors } from '../folder.mjs';

/** Models with more patch features than this are compared on WASM. */
const LARGE = 50_000;

/**
 * @typedef {import('@raca/pipeline').Raca} Raca
 * @typedef {import('@raca/pipeline').ModelBatch} Batch
 * @typedef {import('../comparison.mjs').Comparison} Comparison
 */

/** Plain JavaScript for small models, WebAssembly for larger ones. @param {string} folder */
export function backendFor(folder) {
  const features = readTensors(folder, 'io.safetensors').tensors.get('encoder_out');
  return (features?.bytes.length ?? 0) > 4 * LARGE ? 'wasm' : 'cpu';
}

/** Views of which the reference program does not know what they show. @param {import('@raca/core').VisionInput} input */
export const viewsOf = (input) => ({ input, kinds: unknownViews(...sizeOfViews(input)) });

/** 1 for the beginning and for each word or end that is predicted, else 0. @param {Batch} batch @param {Comparison} io */
export function compareMask({ tokens }, io) {
  const { counted } = targetsOf(tokens);
  const [b, t] = tokens.shape;
  const mask = Float32Array.from({ length: b * t }, (_, i) => {
    const place = i % t;
    return place === 0 ? 1 : counted[Math.floor(i / t) * (t - 1) + place - 1];
  });
  io.check('mask', mask, EXACT);
}

/**
 * Gradients of the total loss by every trained weight.
 *
 * @param {Raca} model
 * @param {Batch} batch
 * @param {Comparison} io
 * @param {(name: string) => string} [nameThere] of a weight in this folder, from the name that RACA gives it
 * @returns the total loss, and its parts by name
 */
export function compareGradients(model, batch, io, nameThere = (name) => name) {
  /** @type {Record<string, number>} */
  const parts = {};
  const { value, gradients } = valueAndGradients(() => {
    const losses = model.losses(batch, EVALUATION);
    for (const [name, loss] of Object.entries(losses.parts)) parts[name] = loss.dataSync()[0];
    return losses.total;
  }, model.trained);
  for (const [own, gradient] of gradients) {
    const { name, transpose } = publishedParameter(own);
    const key = `grad.${nameThere(name)}`;
    const turned = transpose ? tf.transpose(gradient) : tf.clone(gradient);
    gradient.dispose();
    const idle = !io.has(key) && tf.tidy(() => tf.max(tf.abs(turned)).dataSync()[0]) === 0;
    if (idle)
      turned.dispose(); // takes no part: the reference has no gradient, ours is 0
    else io.check(key, turned);
  }
  return { total: value, parts };
}

/**
 * Written reports, padded with 0.
 *
 * @param {Raca} model
 * @param {Batch} batch
 * @param {{ beam: number, max_len: number }} sizes
 * @param {Comparison} io
 */
export async function compareReports(model, batch, { beam, max_len: maxLength }, io) {
  for (const [name, options] of /** @type {const} */ ([
    ['beam_seq', { search: 'beam', trigramPenalty: false }],
    ['greedy_seq', { search: 'greedy', trigramPenalty: false }],
    ['greedy_trigram_seq', { search: 'greedy', trigramPenalty: true }],
  ])) {
    const written = await writeReports(model, batch.study, { ...options, beam, maxLength });
    written.dispose();
    const padded = written.tokens.flatMap((words) => [...words, ...Array(maxLength - words.length).fill(0)]);
    io.check(name, padded, EXACT);
  }
}
