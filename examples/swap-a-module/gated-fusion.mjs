import { applyLinear, disposeParameters, linear, memoryPart, onlyPresent, Parameters } from '@raca/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * A gated sum of each patch and its regions, in the place of BCA. Axes: b batch, p patches, r regions, d width.
 *
 *     F = G + σ([G; R] W + c) ⊙ R
 *
 * G are the patches; R_i is the mean, over the regions that select patch i, of each region's mean patch
 * (0 where no region selects it). Patches that are not there are 0, before and after.
 *
 * @param config `{ perChannel }`: one gate a channel (default), or one a patch
 * @param sizes what the model knows, such as its width d
 * @param random stream for the first weights
 */
export default function gatedFusion({ perChannel = true, ...rest }, { width }, random) {
  for (const name of Object.keys(rest)) throw new RangeError(`gatedFusion: unknown option ${name}`);
  const p = Parameters.create(random);
  const gate = linear(p.scope('gate'), 2 * width, perChannel ? width : 1);
  return {
    info: { package: 'gated-fusion', version: '1.0.0', name: 'gated', config: { perChannel } },
    parameters: p.all,
    fuse({ features, masks }) {
      const { present } = features;
      const fused = tf.tidy(() => {
        const patches = onlyPresent(features.patches, present, 1);
        const regions = tf.div(tf.matMul(masks, patches), counts(masks, 2)); // [b, r, d]
        const mean = tf.div(tf.matMul(masks, regions, true), tf.transpose(counts(masks, 1), [0, 2, 1])); // [b, p, d]
        const share = tf.sigmoid(applyLinear(gate, tf.concat([patches, mean], 2))); // [b, p, d or 1]
        return onlyPresent(tf.add(patches, tf.mul(share, mean)), present, 1);
      });
      return memoryPart('patches', fused, present);
    },
    dispose: () => disposeParameters(p.all),
  };
}

/** How many along an axis are selected, at least 1. */
const counts = (masks, axis) => tf.maximum(tf.sum(masks, axis, true), 1);
