import { assignValues } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Gives a module the weights of a folder.
 *
 * @param {import('./system-case.mjs').SystemCase} given
 * @param {import('@raca/core').NamedParameters} parameters
 * @param {(own: string) => { name: string, transpose: boolean }} nameOf a weight in the folder
 * @returns {Record<string, import('./system-case.mjs').Weight>} for `differentiate`
 */
export function loadedWeights(given, parameters, nameOf) {
  return Object.fromEntries(
    [...parameters].map(([own, variable]) => {
      const { name, transpose } = nameOf(own);
      const stored = given.tensor(name);
      const values = /** @type {Float32Array} */ ((transpose ? tf.transpose(stored) : stored).dataSync());
      assignValues(variable, values);
      return [name, { variable, there: transpose ? (gradient) => tf.transpose(gradient) : undefined }];
    }),
  );
}
