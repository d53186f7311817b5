import * as tf from '@tensorflow/tfjs-core';
import type { Alignment } from '../contracts/alignment';
import type { LossInput } from '../contracts/losses';
import { EVALUATION } from '../contracts/module';
import { Random } from '../random';
import { REGIONS } from '../regions';
import { featuresOf, type KitSizes } from './features';
import { randomMask, randomTensor } from './numeric';
import { Suite } from './suite';

/**
 * Checks an {@link Alignment}: finite scalar losses with and without masks, similarity in [−1, 1], gradients,
 * padding that does not matter, patches that are not there and count nowhere, leaks.
 * @param make builds the module for width d
 * @returns the names of the checks passed
 */
export function checkAlignment(
  make: (d: number, random: Random) => Alignment,
  { width: d = 8, regions: r = REGIONS.length }: KitSizes = {},
): string[] {
  const random = new Random(15);
  const [b, p] = [3, 6];
  const alignment = make(d, random.split('weights'));
  const suite = new Suite('Alignment', alignment);
  const table = randomTensor<tf.Rank.R2>([7, d], random);
  // two sentences each, "." is 1; the second study is shorter
  const reports = [
    [0, 2, 3, 1, 4, 5, 1, 0],
    [0, 5, 1, 6, 1, 0, 0, 0],
    [0, 3, 3, 1, 2, 4, 1, 0],
  ];
  const patches = randomTensor<tf.Rank.R3>([b, p, d], random);
  const masks = randomMask<tf.Rank.R3>([b, r, p], 0.4, random);
  const input = (withMasks: boolean, padding: number): LossInput => {
    const rows = reports.map((ids) => [...ids, ...Array<number>(padding).fill(0)]);
    const ids = Int32Array.from(rows.flat());
    const t = rows[0].length;
    const embedded = tf.tidy(() =>
      tf.reshape(tf.gather(table, tf.tensor1d(ids, 'int32')), [b, t, d]),
    ) as tf.Tensor3D;
    return {
      tokens: { ids, shape: [b, t] },
      embedded,
      features: featuresOf(patches),
      masks: withMasks ? masks : null,
      separator: 1,
      sentenceRegions: [
        [[2], [0, r - 1]],
        [[r > 4 ? 4 : 1], [r > 9 ? 9 : 0]],
        [[r > 7 ? 7 : 2], []],
      ],
    };
  };
  const total = (x: LossInput): tf.Scalar =>
    Object.values(alignment.losses(x, EVALUATION)).reduce((a, c) => tf.add(a, c), tf.scalar(0));

  const full = input(true, 0);
  const longer = input(true, 3);
  const bare = input(false, 0);
  tf.tidy(() => {
    for (const [name, loss] of Object.entries(alignment.losses(full, EVALUATION)))
      suite.shape(`loss ${name}`, loss, []);
    for (const [name, loss] of Object.entries(alignment.losses(bare, EVALUATION))) {
      suite.shape(`loss ${name} without masks`, loss, []);
    }
    suite.equal('padding does not matter', total(longer), total(full), 1e-4);
    const similarity = alignment.similarity(full);
    suite.shape('similarity [b, s, r]', similarity, [b, 2, r]);
    suite.check(
      'similarity lies in [-1, 1]',
      similarity.dataSync().every((x) => Math.abs(x) <= 1 + 1e-5),
    );
  });
  const cut = p - 2; // the last two patches are not there
  const present = tf.tidy(() => tf.concat([tf.ones([b, cut]), tf.zeros([b, p - cut])], 1)) as tf.Tensor2D;
  const some: LossInput = { ...full, features: featuresOf(patches, present) };
  tf.tidy(() => {
    const every: LossInput = { ...full, features: featuresOf(patches, tf.ones([b, p])) };
    suite.equal('all present = presence left out', total(every), total(full), 1e-6);
    const there = tf.slice(patches, 0, [b, cut, d]);
    const padded = tf.concat([tf.slice(masks, 0, [b, r, cut]), tf.zeros([b, r, p - cut])], 2) as tf.Tensor3D;
    const masked = { ...some, masks: padded };
    const without = { ...full, features: featuresOf(there), masks: tf.slice(masks, 0, [b, r, cut]) };
    suite.equal('masked patches = patches without them', total(masked), total(without), 1e-5);
    const [bareMasked, bareWithout] = [masked, without].map((x) => total({ ...x, masks: null }));
    suite.equal('masked patches = patches without them, no masks', bareMasked, bareWithout, 1e-5);
    const [similar, expected] = [masked, without].map((x) => alignment.similarity(x));
    suite.equal('similarity: masked patches = patches without them', similar, expected, 1e-5);
    const dirty = tf.concat([there, tf.fill([b, p - cut, d], 1e3)], 1) as tf.Tensor3D;
    const dirtied = { ...masked, features: featuresOf(dirty, present) };
    suite.equal('what an absent patch holds does not matter', total(dirtied), total(masked), 1e-6);
  });
  suite.noLeak('no leaked tensor', () => tf.tidy(() => total(full)));
  suite.noLeak('no leaked tensor with absent patches', () => tf.tidy(() => total(some)));
  for (const x of [full, some]) suite.gradient(() => total(x), random);
  tf.dispose([table, patches, masks, present, full.embedded, longer.embedded, bare.embedded]);
  return suite.finish();
}
