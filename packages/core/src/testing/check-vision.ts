import * as tf from '@tensorflow/tfjs-core';
import { EVALUATION } from '../contracts/module';
import type { PatchFeatures, VisionBackbone, VisionEncoder } from '../contracts/vision';
import { Random } from '../random';
import { randomTensor } from './numeric';
import { Suite } from './suite';

/**
 * Checks a {@link VisionBackbone} on images of `size`: shapes against its grid, batched = single, leaks.
 * @returns the names of the checks passed
 */
export function checkVisionBackbone(make: (random: Random) => VisionBackbone, size = 64): string[] {
  const random = new Random(12);
  const [b, v] = [2, 2];
  const backbone = make(random.split('weights'));
  const suite = new Suite('VisionBackbone', backbone);
  const images = randomTensor<tf.Rank.R5>([b, v, size, size, 3], random);
  const extract = (x: tf.Tensor5D): tf.Tensor3D => tf.tidy(() => backbone.extract(x, EVALUATION).patches);
  const features = backbone.extract(images, EVALUATION);
  const { grid } = features;
  features.patches.dispose();
  suite.check('grid has the views of the images', grid.views === v, `${grid.views} views`);
  const p = grid.views * grid.rows * grid.cols;
  tf.tidy(() => {
    const whole = extract(images);
    suite.shape('patches [b, p, d_v]', whole, [b, p, backbone.width]);
    const rows = Array.from({ length: b }, (_, i) => extract(tf.slice(images, i, 1)));
    suite.equal('batched = single', tf.concat(rows, 0), whole, 1e-3);
    const swapped = extract(tf.reverse(images, 1));
    const [first, second] = tf.split(whole, 2, 1);
    suite.equal('views are concatenated in order', swapped, tf.concat([second, first], 1), 1e-3);
  });
  suite.noLeak('no leaked tensor', () => extract(images));
  suite.check('keeps its input', !images.isDisposed);
  images.dispose();
  return suite.finish();
}

/**
 * Checks a {@link VisionEncoder} on stored features of width `inputWidth`: shapes, batched = single, gradients, leaks.
 * @returns the names of the checks passed
 */
export function checkVisionEncoder(make: (random: Random) => VisionEncoder, inputWidth: number): string[] {
  const random = new Random(13);
  const [b, grid] = [2, { views: 2, rows: 2, cols: 3 }];
  const p = grid.views * grid.rows * grid.cols;
  const encoder = make(random.split('weights'));
  const suite = new Suite('VisionEncoder', encoder);
  const stored = randomTensor<tf.Rank.R3>([b, p, inputWidth], random);
  const encode = (patches: tf.Tensor3D): PatchFeatures =>
    encoder.encode({ features: { patches, grid } }, EVALUATION);
  const run = (x: tf.Tensor3D): tf.Tensor3D => tf.tidy(() => encode(x).patches);
  const kept = encode(stored);
  suite.check('keeps the grid', JSON.stringify(kept.grid) === JSON.stringify(grid));
  tf.dispose(kept.patches);
  tf.tidy(() => {
    const whole = run(stored);
    suite.shape('patches [b, p, d]', whole, [b, p, encoder.width]);
    const rows = Array.from({ length: b }, (_, i) => run(tf.slice(stored, i, 1)));
    suite.equal('batched = single', tf.concat(rows, 0), whole, 1e-4);
  });
  suite.noLeak('no leaked tensor', () => run(stored));
  suite.check('keeps its input', !stored.isDisposed);
  const target = randomTensor<tf.Rank.R3>([b, p, encoder.width], random);
  if (!encoder.backbone) suite.gradient(() => tf.sum(tf.mul(encode(stored).patches, target)), random);
  tf.dispose([stored, target]);
  return suite.finish();
}
