import { disposeParameters, memoryPart, normal, Parameters } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The indication as one place of the decoder's memory: the mean of its words' vectors. Axes: b batch, t tokens, d width.
 *
 * @param config no options
 * @param sizes what the model knows: its width d, and `contextVocabularySize`, words of the texts + 1
 * @param random stream for the first weights
 */
export default function ownContext(config, { width: d, contextVocabularySize }, random) {
  for (const name of Object.keys(config)) throw new RangeError(`ownContext: unknown option ${name}`);
  const p = Parameters.create(random);
  const words = p.add('words', [contextVocabularySize, d], normal(1));
  const absent = p.add('absent', [1, d], normal(1)); // without an indication; an empty one is 0
  return {
    info: { package: 'own-context', version: '1.0.0', name: 'own', config },
    parameters: p.all,
    reads: ['indication'],
    encode: ({ current, texts: { indication } }) =>
      tf.tidy(() => {
        const b = current.patches.shape[0];
        const { ids, shape } = indication?.tokens ?? { ids: new Int32Array(b), shape: [b, 1] };
        const there = tf.tensor3d(Float32Array.from(ids, Math.sign), [...shape, 1]); // id 0 is padding
        const vectors = tf.reshape(tf.gather(words, tf.tensor1d(ids, 'int32')), [...shape, d]);
        const mean = tf.div(tf.sum(tf.mul(vectors, there), 1), tf.maximum(tf.sum(there, 1), 1)); // [b, d]
        const missing = tf.tensor2d(
          Float32Array.from(indication?.present ?? new Uint8Array(b), (x) => 1 - x),
          [b, 1],
        );
        return memoryPart('indication', tf.expandDims(tf.add(mean, tf.mul(missing, absent)), 1));
      }),
    dispose: () => disposeParameters(p.all),
  };
}
