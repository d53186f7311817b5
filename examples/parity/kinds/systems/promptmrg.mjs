import { assignValues, EVALUATION, memoryPart, Random, softmax, unknownViews } from '@raca/core';
import { findingHead, firstPrior, nextPrior } from '@raca/findings';
import { tokenLogProbabilities, tokenMean } from '@raca/objectives';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

const STATES = 4;
const POSITIVE = 1;

/** PromptMRG: class loss with ln π, π after an epoch, token loss. @param {import('./system-case.mjs').SystemCase} given */
export function promptmrg(given) {
  const { class_names: names, class_weight: weight } = given.hyper({
    class_names: z.array(z.string()).min(1),
    class_weight: z.number(),
  });
  const counts = given.values('train.positive_counts');
  const known = names.slice(0, counts.length);
  const withExtra = (/** @type {Float32Array} */ prior) =>
    Float32Array.from(names, (_, c) => (c < prior.length ? prior[c] : 1));
  const start = withExtra(firstPrior(known, Object.fromEntries(known.map((name, c) => [name, counts[c]]))));
  given.check('pi_start', start);

  const head = headOf(given, names);
  const prior = /** @type {any} */ (head.parameters.get('prior'));
  const labels = { names, states: Uint8Array.from(given.values('targets')) };
  const read = (/** @type {any} */ features) => head.read(inputOf(features), EVALUATION);
  const classLoss = (/** @type {any} */ features) =>
    head.losses(/** @type {any} */ ({ reading: read(features), labels }), EVALUATION).findings;
  const tokenLoss = tokenLossOf(given);

  const features = given.tensor('features');
  const { logits } = read(features);
  given.check('logits', tf.transpose(logits, [0, 2, 1]));
  given.check('probabilities', tf.transpose(softmax(logits), [0, 2, 1]));
  given.check('states', tf.argMax(logits, 2));

  assignValues(prior, start);
  given.check('loss_cls', classLoss(features));
  given.check('loss_lm', tokenLoss(given.tensor('lm.logits')));
  given.differentiate(
    'loss',
    (by) => tf.add(tokenLoss(by['lm.logits']), tf.mul(classLoss(by.features), weight)),
    Object.fromEntries(
      ['weight', 'bias'].map((name) => [
        `head.${name}`,
        {
          variable: /** @type {any} */ (head.parameters.get(`classifier.mean.${name}`)),
          there: (x) => tf.reshape(byState(x, names.length), given.tensor(`head.${name}`).shape),
        },
      ]),
    ),
  );

  const probabilities = softmax(
    tf.slice(read(given.tensor('val.features')).logits, 0, [-1, known.length, STATES]),
  );
  const n = probabilities.shape[0];
  given.check(
    'val.positive_probability',
    tf.reshape(tf.gather(probabilities, POSITIVE, 2), [n, known.length]),
  );
  const validation = { names: known, states: Uint8Array.from(given.values('val.labels')) };
  const next = withExtra(
    nextPrior(
      /** @type {any} */ (probabilities.dataSync()),
      validation,
      known,
      new Float32Array(known.length).fill(1),
    ),
  );
  given.check('pi_next', next);
  assignValues(prior, next);
  given.check('loss_cls_with_pi_next', classLoss(features));
  given.hide('adjusted', 'loss_lm_smoothed');
  head.dispose();
}

/** The head with the folder's weights. @param {import('./system-case.mjs').SystemCase} given @param {string[]} names */
function headOf(given, names) {
  const weight = given.tensor('head.weight');
  const head = findingHead(
    {
      width: weight.shape[1] ?? 0,
      regions: 1,
      findings: names,
      pool: ['mean'],
      tell: 'none',
      adjustment: 'adaptive',
      frequencies: Object.fromEntries(names.map((name) => [name, 0.5])),
    },
    new Random(1),
  );
  for (const [name, tensor] of /** @type {const} */ ([
    ['weight', weight],
    ['bias', given.tensor('head.bias')],
  ])) {
    const variable = /** @type {any} */ (head.parameters.get(`classifier.mean.${name}`));
    assignValues(variable, /** @type {any} */ (byFinding(tensor, names.length).dataSync()));
  }
  return head;
}

/** Rows state · c + finding to columns finding · s + state. @param {import('@tensorflow/tfjs-core').Tensor} x @param {number} c */
const byFinding = (x, c) => tf.transpose(tf.reshape(x, [STATES, c, -1]), [2, 1, 0]);

/** The way back. @param {import('@tensorflow/tfjs-core').Tensor} x @param {number} c */
const byState = (x, c) => tf.transpose(tf.reshape(x, [-1, c, STATES]), [2, 1, 0]);

/** Features of studies as their one patch. @param {import('@tensorflow/tfjs-core').Tensor} features `[b, d]` */
function inputOf(features) {
  const [b, d] = features.shape;
  const patches = /** @type {any} */ (tf.reshape(features, [b, 1, d]));
  const kinds = unknownViews(b, 1);
  return {
    features: { patches, present: null, grid: { views: 1, rows: 1, cols: 1 }, kinds },
    masks: tf.ones(/** @type {[number, number, number]} */ ([b, 1, 1])),
    memory: memoryPart('patches', patches, null),
  };
}

/** Cross-entropy of words and ends; the states before them do not count. @param {import('./system-case.mjs').SystemCase} given */
function tokenLossOf(given) {
  const { data, shape } = given.input('prefix.ids', [null, null]);
  const tokens = { ids: Int32Array.from(data), shape: /** @type {[number, number]} */ (shape) };
  const mask = /** @type {any} */ (given.tensor('prefix.loss_mask'));
  return (/** @type {any} */ logits) => tf.neg(tokenMean(tokenLogProbabilities(logits, tokens).policy, mask));
}
