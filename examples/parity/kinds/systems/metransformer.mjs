import { expertTokens } from '@raca/bca';
import { EVALUATION, memoryPart, Random } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';
import { loadedWeights } from './loaded-weights.mjs';

/** METransformer: expert tokens are kept apart. @param {import('./system-case.mjs').SystemCase} given */
export function metransformer(given) {
  const encoded = given.tensor('encoded');
  const [b, experts, width] = encoded.shape;
  const sizes = { width: width ?? 0, experts, heads: 1, layers: 1, feedForward: 1, dropout: 0 };
  const modules = /** @type {const} */ (['outputs', 'tokens']).map((orthogonal) =>
    expertTokens({ ...sizes, orthogonal }, new Random(1)),
  );
  const lossOf = (/** @type {import('@raca/core').Fusion} */ module, /** @type {any} */ x) => {
    const input = /** @type {any} */ ({ memory: memoryPart('experts', x, null) });
    return module.losses?.(input, EVALUATION).experts;
  };
  const [outputs, tokens] = modules;
  const studies = Array.from({ length: b }, (_, i) => tf.slice(encoded, [i, 0, 0], [1, -1, -1]));
  given.check('loss_by_study', tf.stack(studies.map((x) => /** @type {any} */ (lossOf(outputs, x)))));
  given.differentiate('loss', (by) => lossOf(outputs, by.encoded));

  const own = [...tokens.parameters].filter(([name]) => name === 'experts.weight');
  const weights = loadedWeights(given, new Map(own), () => ({ name: 'expert_tokens', transpose: false }));
  given.differentiate('loss_parameters', () => lossOf(tokens, encoded), weights);
  given.hide('cosine');
  for (const module of modules) module.dispose();
}
