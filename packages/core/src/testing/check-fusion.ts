import * as tf from '@tensorflow/tfjs-core';
import type { Fusion } from '../contracts/fusion';
import { EVALUATION } from '../contracts/module';
import { Random } from '../random';
import { REGIONS } from '../regions';
import { leakedTensors, randomMask, randomTensor } from './numeric';
import { Suite } from './suite';

/**
 * Checks a {@link Fusion}: shapes, finite values for empty and full masks, batched = single, gradients, leaks.
 * @param make builds the module for patches of width d
 * @returns the names of the checks passed
 * @throws Error at the first check that fails
 */
export function checkFusion(make: (d: number, random: Random) => Fusion, d = 8): string[] {
  const random = new Random(11);
  const [b, p, r] = [3, 6, REGIONS.length];
  const fusion = make(d, random.split('weights'));
  const suite = new Suite('Fusion', fusion);
  const patches = randomTensor<tf.Rank.R3>([b, p, d], random);
  const masks = randomMask<tf.Rank.R3>([b, r, p], 0.4, random);
  const fuse = (x: tf.Tensor3D, m: tf.Tensor3D): tf.Tensor3D => tf.tidy(() => fusion.fuse(x, m, EVALUATION));

  const leaked = leakedTensors(() => {
    const out = fuse(patches, masks);
    suite.shape('output [b, p, d]', out, [b, p, d]);
    for (const value of [0, 1]) {
      const uniform = fuse(
        patches,
        tf.tidy(() => tf.fill([b, r, p], value)),
      );
      suite.shape(`masks of ${value}`, uniform, [b, p, d]);
      uniform.dispose();
    }
    return out;
  });
  suite.check('keeps its inputs', !patches.isDisposed && !masks.isDisposed);
  suite.check('no tensor is left but the masks made here', leaked === 2, `${leaked} tensors`);
  suite.noLeak('no leaked tensor', () => fuse(patches, masks));
  tf.tidy(() => {
    const whole = fuse(patches, masks);
    suite.equal('same input, same output', fuse(patches, masks), whole, 0);
    const rows = Array.from({ length: b }, (_, i) =>
      fuse(tf.slice(patches, [i, 0, 0], [1, p, d]), tf.slice(masks, [i, 0, 0], [1, r, p])),
    );
    suite.equal('batched = single', tf.concat(rows, 0), whole, 1e-4);
  });
  const target = randomTensor<tf.Rank.R3>([b, p, d], random);
  suite.gradient(() => tf.sum(tf.mul(fusion.fuse(patches, masks, EVALUATION), target)), random);
  return suite.finish();
}
