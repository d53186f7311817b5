import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sentenceSpans } from '@raca/alignment';
import { EVALUATION, memoryPart, REGIONS } from '@raca/core';
import { buildModel, importPublished, withoutLast } from '@raca/pipeline';
import { priorRewards, publishedPrior, rewardsAsPublished, rewardsOfOwnAction } from '@raca/region-agent';
import * as tf from '@tensorflow/tfjs-core';
import { Comparison, EXACT } from '../comparison.mjs';
import { readCase, readTensors } from '../folder.mjs';
import { compareOptimizer } from './optimizer.mjs';
import { comparePpo } from './ppo.mjs';
import { backendFor, compareGradients, compareMask, compareReports, viewsOf } from './shared.mjs';

/** Rows and columns of the published grid of patches. */
const SIDE = 7;
/** Heads of the text encoder, a constant of the published code. */
const TEXT_HEADS = 8;

/**
 * The published RACA model: `case.json`, `weights.safetensors`, `io.safetensors`, and beside them cases of PPO
 * and of the optimizer.
 * @type {import('../parity.mjs').Kind}
 */
export const raca = {
  name: 'RACA (case.json, weights, io, ppo and optimizer.safetensors)',
  reads: /^(weights|io|ppo|optimizer)\.safetensors$/,
  backend: backendFor,
  fits: (folder) =>
    ['case.json', 'weights.safetensors', 'io.safetensors'].every((name) => existsSync(join(folder, name))) &&
    readTensors(folder, 'weights.safetensors').tensors.has('model.esf.fusion.0.weight'),
  async compare(folder, emit, complain) {
    await compareModel(folder, emit);
    for (const [name, compare] of /** @type {const} */ ([
      ['ppo', comparePpo],
      ['optimizer', compareOptimizer],
    ])) {
      const file = `${name}.safetensors`;
      if (!existsSync(join(folder, file))) {
        complain(`${file} is absent: not compared`);
        continue;
      }
      const comparison = new Comparison(readTensors(folder, file).tensors, emit, `${name}/`);
      compare(comparison);
      comparison.finish();
    }
  },
};

/** @param {string} folder @param {(line: import('../comparison.mjs').Line) => void} emit */
async function compareModel(folder, emit) {
  const given = readCase(folder);
  const io = new Comparison(readTensors(folder, 'io.safetensors').tensors, emit);
  const model = buildPublished(given, separatorOf(given, io));
  try {
    const path = join(folder, 'weights.safetensors');
    importPublished(model, readTensors(folder, 'weights.safetensors').tensors, path);
    const batch = batchOf(given, io);
    compareForward(model, batch, given, io);
    compareLosses(model, batch, io);
    await compareReports(model, batch, given.config, io);
    io.finish();
  } finally {
    model.dispose();
  }
}

/**
 * @typedef {ReturnType<typeof readCase>} Case
 * @typedef {ReturnType<typeof batchOf>} Batch
 * @typedef {import('@raca/pipeline').Raca} Raca
 */

/** The published variant of every module in the case's sizes. @param {Case} given @param {number} separator */
function buildPublished({ config: c }, separator) {
  if (c.patches % SIDE ** 2 !== 0) {
    throw new Error(`case.json: config.patches: expected a multiple of ${SIDE ** 2}, found ${c.patches}`);
  }
  const sizes = { variant: 'published', heads: c.heads, feedForward: c.d_ff, layers: c.layers, dropout: 0 };
  const textHeads = c.theads ?? (c.d_model % TEXT_HEADS === 0 ? TEXT_HEADS : c.heads);
  const text = { ...sizes, heads: textHeads, layers: c.tlayers };
  return buildModel(
    {
      width: c.d_model,
      imageSize: 224,
      views: c.patches / SIDE ** 2,
      grid: { rows: SIDE, cols: SIDE },
      maxLength: c.max_len,
      backbone: null,
      vision: { use: 'visual-transformer', config: { ...sizes, patchDropout: 0, inputWidth: c.d_vf } },
      agent: { use: 'published', config: { hidden: c.hidden } },
      alignment: { use: 'contrastive', config: { ...text, projection: c.d_dubi } },
      fusion: { use: 'bca', config: { variant: 'published', attentionWidth: c.d_att } },
      decoder: { use: 'transformer', config: sizes },
    },
    { vocabularySize: c.vocab + 1, separator, seed: 1 },
  );
}

/** The reference program's inputs. @param {Case} given @param {Comparison} io */
function batchOf({ config: c, organs, n_sentences: counts, sentence_labels: labels }, io) {
  const seq = io.input('seq', [null, c.max_len]);
  const [b, t] = seq.shape;
  if (counts.length !== b || labels.length !== b) {
    throw new Error(`case.json: expected n_sentences and sentence_labels of ${b} reports`);
  }
  const features = io.input('att_feats', [b, c.patches, c.d_vf]);
  const regionsOf = (/** @type {readonly string[]} */ names) =>
    names.map((name) => organs.indexOf(name)).filter((region) => region >= 0);
  return {
    study: {
      views: viewsOf({
        features: {
          patches: tf.tensor3d(features.data, [b, c.patches, c.d_vf]),
          grid: { views: c.patches / SIDE ** 2, rows: SIDE, cols: SIDE },
        },
      }),
    },
    tokens: { ids: Int32Array.from(seq.data), shape: /** @type {[number, number]} */ ([b, t]) },
    sentenceRegions: labels.map((sentences, i) =>
      Array.from({ length: counts[i] }, (_, s) => regionsOf(sentences[`S${s + 1}`] ?? [])),
    ),
  };
}

/**
 * Id of the "." token: what the case says, else the id that cuts every report into as many sentences as the case
 * counts; 1 where several do.
 * @param {Case} given
 * @param {Comparison} io
 */
function separatorOf({ config, n_sentences: counts }, io) {
  if (config.separator !== undefined) return config.separator;
  const { data, shape } = io.input('seq', [counts.length, null]);
  const ids = Int32Array.from(data);
  const rows = counts.map((_, i) => ids.subarray(i * shape[1], (i + 1) * shape[1]));
  const agrees = (/** @type {number} */ id) =>
    rows.every((row, i) => sentenceSpans(row, id, 'published').length === counts[i]);
  for (let id = 1; id <= config.vocab; id++) if (agrees(id)) return id;
  return 1;
}

/**
 * Every module's output, each from our own outputs before it.
 *
 * @param {Raca} model
 * @param {Batch} batch
 * @param {Case} given
 * @param {Comparison} io
 */
function compareForward(model, batch, given, io) {
  const { vision, agent, alignment, fusion, decoder } = model.parts;
  io.check('att_embed', vision.embedPatches(batch.study.views.input, EVALUATION).patches);
  const features = vision.encode(batch.study.views, EVALUATION);
  io.check('encoder_out', tf.clone(features.patches));
  const regions = agent.locate({ features, views: batch.study.views });
  const { masks } = regions;

  const visits = agent.visit(features, (probability) => (probability > 0.5 ? 1 : 0));
  const embedding = model.parameters.get('agent.embedding.weight');
  io.check(
    'organ_embedding',
    tf.tidy(() => tf.mul(embedding, Math.sqrt(embedding.shape[1]))),
  );
  io.check('states', visits.states);
  io.check('actions', tf.clone(masks), EXACT);
  comparePrior(visits.actions, given, io);

  const text = alignment.encodeText(
    {
      tokens: batch.tokens,
      embedded: decoder.embed(batch.tokens, EVALUATION),
      features,
      masks,
      separator: model.separator,
      sentenceRegions: batch.sentenceRegions,
    },
    EVALUATION,
  );
  io.check('text_feats', text.tokens);
  io.check('text_pooled', text.reports);
  compareSentences(text.sentences, model.separator, batch, given, io);

  const fused = fusion.parts({ features, masks, context: null });
  io.check('bca_local_mix', fused.localMix);
  io.check('bca_regions_query_global', fused.regionsQueryGlobal);
  io.check('bca_global_queries_regions', fused.globalQueriesRegions);
  io.check('bca_out', tf.clone(fused.fused));

  const taught = withoutLast(batch.tokens);
  const memory = memoryPart('patches', fused.fused);
  io.check('decoder_out', decoder.hidden(memory, taught, EVALUATION));
  io.check(
    'logprobs',
    tf.tidy(() => tf.logSoftmax(decoder.logits(memory, taught, EVALUATION))),
  );
  tf.dispose([features.patches, regions.masks, regions.probabilities, fused.fused]);
}

/**
 * Prior masks in the case's order of regions, and the rewards that follow.
 *
 * @param {Float32Array} actions
 * @param {Case} given
 * @param {Comparison} io
 */
function comparePrior(actions, { config: c, organs }, io) {
  const r = REGIONS.length;
  const own = publishedPrior(c.patches / SIDE ** 2);
  const prior = new Float32Array(own.length);
  organs.forEach((name, k) => {
    const from = REGIONS.indexOf(/** @type {import('@raca/core').RegionName} */ (name)) * c.patches;
    if (from < 0 || organs.length !== r) {
      throw new Error(`case.json: organs: expected the ${r} regions, found ${organs.length} with "${name}"`);
    }
    prior.set(own.subarray(from, from + c.patches), k * c.patches);
  });
  io.check('organ_prior', prior, EXACT);
  const rewards = priorRewards(prior);
  io.check('rewards_of_own_action', rewardsOfOwnAction(actions, rewards, r));
  io.check('rewards_as_published', rewardsAsPublished(actions, rewards, r));
}

/**
 * Sentence vectors; that of an empty sentence is the mean of nothing, NaN.
 *
 * @param {import('@tensorflow/tfjs-core').Tensor3D} sentences
 * @param {number} separator
 * @param {Batch} batch
 * @param {Case} given
 * @param {Comparison} io
 */
function compareSentences(sentences, separator, { tokens }, { n_sentences: counts }, io) {
  const [, most, d] = sentences.shape;
  const vectors = sentences.dataSync();
  sentences.dispose();
  const t = tokens.shape[1];
  counts.forEach((count, i) => {
    const spans = sentenceSpans(tokens.ids.subarray(i * t, (i + 1) * t), separator, 'published');
    for (let s = 0; s < Math.max(count, spans.length); s++) {
      const name = `sentence_${i}_${s}`;
      const found = vectors.slice((i * most + s) * d, (i * most + s + 1) * d);
      if (s >= spans.length) io.fail(name, `expected ${count} sentences, found ${spans.length}`);
      else io.check(name, spans[s].to > spans[s].from ? found : found.fill(Number.NaN));
    }
  });
}

/**
 * Losses of the whole model and their gradients by every trained weight.
 *
 * @param {Raca} model
 * @param {Batch} batch
 * @param {Comparison} io
 */
function compareLosses(model, batch, io) {
  compareMask(batch, io);
  const { total, parts } = compareGradients(model, batch, io);
  io.check('global_loss', [parts.global]);
  io.check('local_loss', [parts.local]);
  io.check('ce_loss', [parts.tokens]);
  io.check('total_loss', total);
}
