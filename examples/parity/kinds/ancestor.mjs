import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EVALUATION, patchMemory } from '@raca/core';
import { buildModel, importPublished, withoutLast } from '@raca/pipeline';
import * as tf from '@tensorflow/tfjs-core';
import { Comparison } from '../comparison.mjs';
import { readAncestorCase, readTensors } from '../folder.mjs';
import { backendFor, compareGradients, compareMask, compareReports, viewsOf } from './shared.mjs';

const FILES = ['case.json', 'weights.safetensors', 'io.safetensors'];

/**
 * @typedef {import('@raca/pipeline').Raca} Raca
 * @typedef {ReturnType<typeof readAncestorCase>} Sizes
 * @typedef {ReturnType<typeof batchOf>} Batch
 */

/**
 * A layout with an encoder–decoder of this line that has no agent, no alignment and no fusion.
 *
 * @param {{
 *   name: string,
 *   mark: string,
 *   nameThere?: (name: string) => string,
 *   slots: (sizes: Sizes) => { visionLayers: number, decoder: { use: string, config: Record<string, unknown> } },
 *   inside: (model: any, batch: Batch, taught: any, io: Comparison) => void,
 * }} kind `mark` is a weight that only this model has; `nameThere` the model's name of a weight; `inside` compares
 *   what lies before the layers of the decoder
 * @returns {import('../parity.mjs').Kind}
 */
export function ancestor({ name, mark, nameThere, slots, inside }) {
  return {
    name: `${name} (case.json, weights and io.safetensors)`,
    reads: /^(weights|io)\.safetensors$/,
    backend: backendFor,
    fits: (folder) =>
      FILES.every((file) => existsSync(join(folder, file))) &&
      readTensors(folder, 'weights.safetensors').tensors.has(mark),
    async compare(folder, emit) {
      const sizes = readAncestorCase(folder);
      const io = new Comparison(readTensors(folder, 'io.safetensors').tensors, emit);
      const model = build(sizes, slots(sizes));
      try {
        const weights = readTensors(folder, 'weights.safetensors').tensors;
        importPublished(model, weights, join(folder, 'weights.safetensors'));
        const batch = batchOf(sizes, io);
        const taught = withoutLast(batch.tokens);
        inside(model, batch, taught, io);
        compareLogProbabilities(model, batch, taught, io);
        compareMask(batch, io);
        const { total } = compareGradients(model, batch, io, nameThere);
        io.check('ce_loss', total); // without alignment the total is the cross-entropy
        await compareReports(model, batch, sizes, io);
        io.finish();
      } finally {
        model.dispose();
      }
    },
  };
}

/**
 * @param {Sizes} sizes
 * @param {{ visionLayers: number, decoder: { use: string, config: Record<string, unknown> } }} slots
 */
function build(c, { visionLayers, decoder }) {
  const common = { variant: 'published', heads: c.heads, feedForward: c.d_ff, dropout: 0 };
  const vision = { ...common, layers: visionLayers, patchDropout: 0, inputWidth: c.d_vf };
  return buildModel(
    {
      width: c.d_model,
      imageSize: 224,
      views: 1,
      grid: { rows: 1, cols: c.patches },
      maxLength: c.max_len,
      backbone: null,
      vision: { use: 'visual-transformer', config: vision },
      agent: null,
      alignment: null,
      fusion: null,
      decoder: { use: decoder.use, config: { ...common, layers: c.layers, ...decoder.config } },
    },
    { vocabularySize: c.vocab + 1, separator: 1, seed: 1 },
  );
}

/** The reference program's inputs. @param {Sizes} sizes @param {Comparison} io */
function batchOf(c, io) {
  const seq = io.input('seq', [null, c.max_len]);
  const [b, t] = seq.shape;
  const features = io.input('att_feats', [b, c.patches, c.d_vf]);
  return {
    study: {
      views: viewsOf({
        features: {
          patches: tf.tensor3d(features.data, [b, c.patches, c.d_vf]),
          grid: { views: 1, rows: 1, cols: c.patches },
        },
      }),
    },
    tokens: { ids: Int32Array.from(seq.data), shape: /** @type {[number, number]} */ ([b, t]) },
    sentenceRegions: Array.from({ length: b }, () => []),
  };
}

/** @param {Raca} model @param {Batch} batch @param {any} taught @param {Comparison} io */
function compareLogProbabilities({ parts }, batch, taught, io) {
  io.check(
    'logprobs',
    tf.tidy(() => {
      const memory = patchMemory(parts.vision.encode(batch.study.views, EVALUATION));
      return tf.logSoftmax(parts.decoder.logits(memory, taught, EVALUATION));
    }),
  );
}
