import * as tf from '@tensorflow/tfjs-core';
import type { Fusion } from '../contracts/fusion';
import { disposeMemory, type Memory, partOf } from '../contracts/memory';
import { EVALUATION } from '../contracts/module';
import { Random } from '../random';
import { REGIONS } from '../regions';
import { featuresOf, type KitSizes } from './features';
import { leakedTensors, randomMask, randomTensor } from './numeric';
import { Suite } from './suite';

/**
 * Checks a {@link Fusion}: shapes, finite values for empty and full masks, batched = single, patches that are not there
 * and count nowhere, gradients, leaks.
 * @param make builds the module for patches of width d
 * @returns the names of the checks passed
 * @throws Error at the first check that fails
 */
export function checkFusion(
  make: (d: number, random: Random) => Fusion,
  { width: d = 8, regions: r = REGIONS.length }: KitSizes = {},
): string[] {
  const random = new Random(11);
  const [b, p] = [3, 6];
  const fusion = make(d, random.split('weights'));
  const suite = new Suite('Fusion', fusion);
  const patches = randomTensor<tf.Rank.R3>([b, p, d], random);
  const masks = randomMask<tf.Rank.R3>([b, r, p], 0.4, random);
  const memoryOf = (x: tf.Tensor3D, m: tf.Tensor3D, present: tf.Tensor2D | null = null): Memory =>
    fusion.fuse({ features: featuresOf(x, present), masks: m, context: null }, EVALUATION);
  const fuse = (x: tf.Tensor3D, m: tf.Tensor3D, present: tf.Tensor2D | null = null): tf.Tensor3D =>
    tf.tidy(() => memoryOf(x, m, present).tokens);

  const whole = memoryOf(patches, masks);
  const [from, to] = partOf(whole, 'patches') ?? [];
  suite.check('the patches come first', from === 0 && to === p, `places ${from} to ${to} of ${p} patches`);
  const places = whole.parts[whole.parts.length - 1].to;
  disposeMemory(whole);

  const leaked = leakedTensors(() => {
    const out = fuse(patches, masks);
    suite.shape('tokens [b, m, d]', out, [b, places, d]);
    for (const value of [0, 1]) {
      const uniform = fuse(
        patches,
        tf.tidy(() => tf.fill([b, r, p], value)),
      );
      suite.shape(`masks of ${value}`, uniform, [b, places, d]);
      uniform.dispose();
    }
    return out;
  });
  suite.check('keeps its inputs', !patches.isDisposed && !masks.isDisposed);
  suite.check('no tensor is left but the masks made here', leaked === 2, `${leaked} tensors`);
  suite.noLeak('no leaked tensor', () => fuse(patches, masks));
  tf.tidy(() => {
    const tokens = fuse(patches, masks);
    suite.equal('same input, same output', fuse(patches, masks), tokens, 0);
    const rows = Array.from({ length: b }, (_, i) => fuse(tf.slice(patches, i, 1), tf.slice(masks, i, 1)));
    suite.equal('batched = single', tf.concat(rows, 0), tokens, 1e-4);
    suite.equal('all present = presence left out', fuse(patches, masks, tf.ones([b, p])), tokens, 1e-6);
  });

  const cut = p - 2; // the last two patches are not there
  const present = tf.tidy(() => tf.concat([tf.ones([b, cut]), tf.zeros([b, p - cut])], 1)) as tf.Tensor2D;
  tf.tidy(() => {
    const [there, masksThere] = [tf.slice(patches, 0, [b, cut, d]), tf.slice(masks, 0, [b, r, cut])];
    const padded = tf.concat([masksThere, tf.zeros([b, r, p - cut])], 2) as tf.Tensor3D;
    const masked = memoryOf(patches, padded, present);
    const without = memoryOf(there, masksThere);
    // a part may have a place for every patch, as the patches do, or places of its own
    const expected = tf.concat(
      without.parts.flatMap(({ from, to }, k) => {
        const { from: start, to: end } = masked.parts[k];
        const missing = end - start - (to - from);
        return [tf.slice(without.tokens, [0, from, 0], [b, to - from, d]), tf.zeros([b, missing, d])];
      }),
      1,
    );
    suite.equal('a masked patch = patches without it, and a place of 0', masked.tokens, expected, 1e-5);
    suite.check('says which places there are', masked.present !== null);
    suite.equal('places of absent patches are absent', tf.slice(masked.present!, 0, [b, p]), present, 0);
    const dirty = tf.concat([there, tf.fill([b, p - cut, d], 1e3)], 1) as tf.Tensor3D;
    suite.equal(
      'what an absent patch holds does not matter',
      fuse(dirty, padded, present),
      masked.tokens,
      1e-6,
    );
    const none = tf.concat([tf.slice(present, 0, [b - 1, p]), tf.zeros([1, p])], 0) as tf.Tensor2D;
    suite.shape('a study without patches', fuse(patches, padded, none), [b, places, d]);
  });
  suite.noLeak('no leaked tensor with absent patches', () => fuse(patches, masks, present));
  const target = randomTensor<tf.Rank.R3>([b, places, d], random);
  for (const presence of [null, present]) {
    suite.gradient(() => tf.sum(tf.mul(memoryOf(patches, masks, presence).tokens, target)), random);
  }
  tf.dispose([patches, masks, present, target]);
  return suite.finish();
}
