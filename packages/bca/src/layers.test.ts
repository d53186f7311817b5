import '@tensorflow/tfjs-backend-cpu';
import { Random } from '@raca/core';
import { patchFeatures } from '@raca/core/layers';
import { checkLayer, randomMask, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { BcaLayer, GatedSumLayer, MeanFusionLayer, SelfAttentionFusionLayer } from './layers';

const random = new Random(8);
const [b, p, d, r] = [2, 5, 8, 3];
const patches = randomTensor<tf.Rank.R3>([b, p, d], random);
const masks = randomMask<tf.Rank.R3>([b, r, p], 0.5, random);
const present = tf.tensor2d([1, 1, 1, 1, 1, 1, 1, 1, 0, 0], [b, p]);

const LAYERS = {
  bca: () => new BcaLayer({ width: d, attentionWidth: 4, regions: r, name: 'fusion' }),
  gatedSum: () => new GatedSumLayer({ width: d, name: 'fusion' }),
  meanFusion: () => new MeanFusionLayer({ name: 'fusion' }),
  selfAttentionFusion: () =>
    new SelfAttentionFusionLayer({ width: d, heads: 2, dropout: 0, regions: r, name: 'fusion' }),
};

describe.each(Object.entries(LAYERS))('%s as a layer', (_, make) => {
  it.each([
    ['all patches', [patches, masks]],
    ['some patches', [patches, masks, present]],
  ])('is its module, of %s', async (_, inputs) => {
    const passed = await checkLayer({
      make,
      inputs,
      run: (fusion, [x, m, there], pass) =>
        fusion.fuse({ features: patchFeatures(x, there), masks: m as tf.Tensor3D, context: null }, pass)
          .tokens,
    });
    expect(passed).toContain('saved and loaded, the same output');
  });
});
