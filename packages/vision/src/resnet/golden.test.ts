import { EVALUATION, Random } from '@raca/core';
import { largestError } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { goldenPath, goldenTensor, readGolden } from '../testing/golden';
import { formulaImage, formulaWeights } from '../testing/torchvision-formula';
import { startWasm } from '../testing/wasm';
import { loadTorchvision } from './load-torchvision';
import { resnet } from './resnet';

await startWasm();

describe.each([18, 101] as const)('resnet %i', (depth) => {
  const path = goldenPath(`resnet/resnet${depth}.safetensors`);

  it.skipIf(!path)(`agrees with torchvision (${path ? 'found' : 'golden values absent'})`, () => {
    const golden = readGolden(`resnet/resnet${depth}.safetensors`);
    const size = Number(golden.metadata.size);
    const backbone = resnet({ depth }, new Random(1));
    loadTorchvision(backbone, { tensors: formulaWeights(backbone), metadata: {} });
    const images = tf.tensor5d(formulaImage(size), [1, 1, size, size, 3]);
    const { patches, grid } = backbone.extract(images, EVALUATION);
    expect(grid).toEqual({ views: 1, rows: 7, cols: 7 });
    const pooled = tf.tidy(() => tf.mean(patches, 1).dataSync());
    const slice = tf.tidy(() => tf.slice(patches, [0, 0, 0], [1, 49, 64]).dataSync());
    const errors = [
      largestError(pooled, goldenTensor(golden, 'pooled').data),
      largestError(slice, goldenTensor(golden, 'patch_slice').data),
    ];
    expect(Math.max(...errors), `errors ${errors}`).toBeLessThan(1e-3);
    if (process.env.SHOW) console.log(depth, errors);
    tf.dispose([images, patches]);
    backbone.dispose();
  });
});
