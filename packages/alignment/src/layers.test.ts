import '@tensorflow/tfjs-backend-cpu';
import { type Alignment, Random } from '@raca/core';
import { lossRows, sumOfLosses } from '@raca/core/layers';
import { checkLayer, randomMask, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { ContrastiveAlignmentLayer, lossInput, TripletAlignmentLayer } from './layers';

const random = new Random(12);
const [b, p, d, r, t] = [3, 4, 8, 3, 8];
const patches = randomTensor<tf.Rank.R3>([b, p, d], random);
const masks = randomMask<tf.Rank.R3>([b, r, p], 0.5, random);
const tokens = tf.tensor2d(
  [
    [0, 2, 3, 1, 4, 5, 1, 0],
    [0, 5, 1, 6, 1, 0, 0, 0],
    [0, 3, 3, 1, 2, 4, 1, 0],
  ],
  [b, t],
  'int32',
);
const embedded = randomTensor<tf.Rank.R3>([b, t, d], random);
/** Of two sentences each: [[0], [1, 2]], [[2], []], [[1], [0]]. */
const spoken = tf.tensor3d([1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0], [b, 2, r]);
const present = tf.tensor2d([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0], [b, p]);
const inputs = [patches, masks, tokens, embedded, spoken];
const size = { separator: 1, width: d, projection: 5, layers: 1, heads: 2, feedForward: 12, dropout: 0 };

const runFor =
  (...names: string[]) =>
  (alignment: Alignment, all: readonly tf.Tensor[], pass: Parameters<Alignment['losses']>[1]) =>
    lossRows(alignment.losses(lossInput(all, 1), pass), names, b);

describe('alignments as layers', () => {
  it.each([
    ['all patches', inputs],
    ['some patches', [...inputs, present]],
  ])('contrastiveAlignment is its module, of %s', async (_, all) => {
    const passed = await checkLayer({
      make: () => new ContrastiveAlignmentLayer({ ...size, name: 'align' }),
      inputs: all,
      run: runFor('global', 'local', 'matching'),
    });
    expect(passed).toContain('saved and loaded, the same output');
  });

  it('tripletAlignment is its module', async () => {
    const passed = await checkLayer({
      make: () => new TripletAlignmentLayer({ ...size, name: 'align' }),
      inputs,
      run: runFor('contrastive', 'triplet'),
      samples: true,
    });
    expect(passed).toContain('saved and loaded, the same output');
  });

  it('has as many losses as the config asks for', () => {
    const layer = new ContrastiveAlignmentLayer({ ...size, variant: 'published', local: false });
    expect(layer.computeOutputShape(inputs.map(({ shape }) => shape))).toEqual([b, 1]);
  });

  it('reads sentences and regions from the tensor', () => {
    expect(lossInput(inputs, 1).sentenceRegions).toEqual([
      [[0], [1, 2]],
      [[2], []],
      [[1], [0]],
    ]);
  });

  it('draws text and images together by fit', async () => {
    const symbols = inputs.map(({ shape, dtype }) => tfl.input({ shape: shape.slice(1), dtype }));
    const layer = new ContrastiveAlignmentLayer(size);
    const model = tfl.model({ inputs: symbols, outputs: layer.apply(symbols) as tfl.SymbolicTensor });
    model.compile({ optimizer: tf.train.adam(0.01), loss: sumOfLosses });
    const { history } = await model.fit(inputs, tf.ones([b, 3]), { epochs: 30, batchSize: b, verbose: 0 });
    expect(history.loss.at(-1) as number).toBeLessThan(0.8 * (history.loss[0] as number));
    model.dispose();
  });

  it('says what it misses', () => {
    expect(() => new ContrastiveAlignmentLayer({ width: d } as never)).toThrow(/separator/);
  });
});
