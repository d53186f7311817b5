import * as tf from '@tensorflow/tfjs-core';
import { EVALUATION } from '../contracts/module';
import { unknownViews, type Views } from '../contracts/study';
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
 * Checks a {@link VisionEncoder} on stored features of width `inputWidth`: shapes, batched = single, empty slots that count
 * nowhere (so it has to read fewer views than it was made for), gradients, leaks.
 * @returns the names of the checks passed
 */
export function checkVisionEncoder(make: (random: Random) => VisionEncoder, inputWidth: number): string[] {
  const random = new Random(13);
  const [b, grid] = [2, { views: 2, rows: 2, cols: 3 }];
  const p = grid.views * grid.rows * grid.cols;
  const encoder = make(random.split('weights'));
  const suite = new Suite('VisionEncoder', encoder);
  const stored = randomTensor<tf.Rank.R3>([b, p, inputWidth], random);
  const encode = (patches: tf.Tensor3D, kinds?: Views['kinds']): PatchFeatures => {
    const size = { ...grid, views: patches.shape[1] / (grid.rows * grid.cols) };
    const shown = kinds ?? unknownViews(patches.shape[0], size.views);
    return encoder.encode({ input: { features: { patches, grid: size } }, kinds: shown }, EVALUATION);
  };
  const run = (x: tf.Tensor3D, kinds?: Views['kinds']): tf.Tensor3D =>
    tf.tidy(() => encode(x, kinds).patches);
  const kept = encode(stored);
  suite.check('keeps the grid', JSON.stringify(kept.grid) === JSON.stringify(grid));
  suite.check('all patches are there where no slot is empty', kept.present === null);
  tf.dispose(kept.patches);
  tf.tidy(() => {
    const whole = run(stored);
    suite.shape('patches [b, p, d]', whole, [b, p, encoder.width]);
    const rows = Array.from({ length: b }, (_, i) => run(tf.slice(stored, i, 1)));
    suite.equal('batched = single', tf.concat(rows, 0), whole, 1e-4);
  });
  tf.tidy(() => checkEmptySlots(suite, stored, encode));
  suite.noLeak('no leaked tensor', () => run(stored));
  suite.noLeak('no leaked tensor with an empty slot', () => run(stored, ONE_EMPTY));
  suite.check('keeps its input', !stored.isDisposed);
  const target = randomTensor<tf.Rank.R3>([b, p, encoder.width], random);
  if (!encoder.backbone) {
    for (const kinds of [undefined, ONE_EMPTY, SECOND_EMPTY]) {
      suite.gradient(() => tf.sum(tf.mul(encode(stored, kinds).patches, target)), random);
    }
  }
  tf.dispose([stored, target]);
  return suite.finish();
}

/** Two studies of two slots, the second slot of the first one empty. */
const ONE_EMPTY: Views['kinds'] = [
  ['frontal', null],
  ['frontal', 'lateral'],
];

/** The second slot empty in both studies. */
const SECOND_EMPTY: Views['kinds'] = [
  ['frontal', null],
  ['frontal', null],
];

/** @param stored patches of two studies with two views each */
function checkEmptySlots(
  suite: Suite,
  stored: tf.Tensor3D,
  encode: (patches: tf.Tensor3D, kinds?: Views['kinds']) => PatchFeatures,
): void {
  const [b, p, inputWidth] = stored.shape;
  const [filled, empty] = tf.split(tf.slice(stored, 0, 1), 2, 1) as tf.Tensor3D[];
  const second = tf.slice(stored, 1, 1);
  const some = encode(stored, ONE_EMPTY);
  suite.check('says what the views show', JSON.stringify(some.kinds) === JSON.stringify(ONE_EMPTY));
  const ones = tf.ones([1, p / 2]);
  const there = tf.reshape(tf.concat([ones, tf.zeros([1, p / 2]), ones, ones], 1), [b, p]);
  suite.check('says which patches there are', some.present !== null);
  suite.equal('patches of empty slots are not there', some.present!, there, 0);
  const alone = encode(filled).patches;
  const expected = tf.concat([tf.concat([alone, tf.zerosLike(alone)], 1), encode(second).patches], 0);
  suite.equal('an empty slot = a study without it, and patches of 0', some.patches, expected, 1e-5);
  const garbage = tf.fill<tf.Rank.R3>([1, p / 2, inputWidth], 1e3);
  const dirty = tf.concat([tf.concat([filled, garbage], 1), second], 0) as tf.Tensor3D;
  suite.equal(
    'what an empty slot holds does not matter',
    encode(dirty, ONE_EMPTY).patches,
    some.patches,
    1e-6,
  );
  const both = tf.concat([tf.concat([empty, filled], 1), second], 0) as tf.Tensor3D;
  const none = [
    [null, null],
    ['frontal', 'lateral'],
  ] as const;
  const { patches } = encode(both, none);
  const lone = tf.concat([tf.zerosLike(encode(second).patches), encode(second).patches], 0);
  suite.equal('a study without pictures has patches of 0', patches, lone, 1e-5);
}
