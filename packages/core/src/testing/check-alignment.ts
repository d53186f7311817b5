import * as tf from '@tensorflow/tfjs-core';
import type { Alignment, AlignmentInput } from '../contracts/alignment';
import { EVALUATION } from '../contracts/module';
import { Random } from '../random';
import { REGIONS } from '../regions';
import { randomMask, randomTensor } from './numeric';
import { Suite } from './suite';

/**
 * Checks an {@link Alignment}: finite scalar losses with and without masks, similarity in [−1, 1], gradients,
 * padding that does not matter, leaks.
 * @param make builds the module for width d
 * @returns the names of the checks passed
 */
export function checkAlignment(make: (d: number, random: Random) => Alignment, d = 8): string[] {
  const random = new Random(15);
  const [b, p, r] = [3, 6, REGIONS.length];
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
  const input = (withMasks: boolean, padding: number): AlignmentInput => {
    const rows = reports.map((ids) => [...ids, ...Array<number>(padding).fill(0)]);
    const ids = Int32Array.from(rows.flat());
    const t = rows[0].length;
    const embedded = tf.tidy(() =>
      tf.reshape(tf.gather(table, tf.tensor1d(ids, 'int32')), [b, t, d]),
    ) as tf.Tensor3D;
    return {
      tokens: { ids, shape: [b, t] },
      embedded,
      patches,
      masks: withMasks ? masks : null,
      separator: 1,
      sentenceRegions: [
        [[2], [0, 11]],
        [[4], [9]],
        [[7], []],
      ],
    };
  };
  const total = (x: AlignmentInput): tf.Scalar =>
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
  suite.noLeak('no leaked tensor', () => tf.tidy(() => total(full)));
  suite.gradient(() => total(full), random);
  tf.dispose([table, patches, masks, full.embedded, longer.embedded, bare.embedded]);
  return suite.finish();
}
