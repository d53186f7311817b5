import '@tensorflow/tfjs-backend-cpu';
import { Random, type VisionBackbone } from '@raca/core';
import { kindsOf, patchFeatures } from '@raca/core/layers';
import { checkLayer, randomTensor } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { ResnetLayer, SmallCnnLayer, VisualTransformerLayer } from './layers';
import { extractPictures } from './views';

const [b, v, side] = [2, 2, 8];
const images = randomTensor<tf.Rank.R5>([b, v, side, side, 3], new Random(4));
const pictures = tf.tensor2d([1, 1, 1, 0], [b, v]);
const grid = { views: 2, rows: 2, cols: 2 };
const cnn = { name: 'cnn', channels: [4, 6], inputSize: side };
const encoder = {
  name: 'encoder',
  width: 8,
  heads: 2,
  feedForward: 12,
  layers: 1,
  dropout: 0,
  patchDropout: 0,
  grid,
};

describe('backbones as layers', () => {
  const run = (
    backbone: VisionBackbone,
    [x, there]: readonly tf.Tensor[],
    pass: Parameters<typeof extractPictures>[3],
  ) => extractPictures(backbone, x as tf.Tensor5D, kindsOf(x.shape[0], x.shape[1]!, there), pass).patches;

  it.each([
    ['all pictures', [images], false],
    ['some pictures', [images, pictures], false],
    ['all pictures, frozen', [images], true],
  ])('smallCnn is its module, of %s', async (_, inputs, frozen) => {
    const passed = await checkLayer({ make: () => new SmallCnnLayer({ ...cnn, frozen }), inputs, run });
    expect(passed.includes('fit moves weights')).toBe(!frozen);
  });

  it('resnet is its module', () => {
    const layer = new ResnetLayer({ name: 'net', depth: 18 });
    layer.setFastWeightInitDuringBuild(true); // 11 million draws fewer
    const one = tf.slice(images, [0, 0], [1, 1]);
    const shape = layer.computeOutputShape([null, 1, side, side, 3]);
    tf.dispose(layer.apply(one) as tf.Tensor);
    const bias = layer.module.parameters.get('layer4.1.bn2.bias')!;
    bias.assign(tf.ones(bias.shape));
    const out = layer.apply(one) as tf.Tensor;
    expect([null, ...out.shape.slice(1)]).toEqual(shape);
    expect([...out.dataSync()]).toEqual(Array(512).fill(1)); // 0 but for the last bias, ReLU
    expect(layer.weights.length).toBe(layer.module.parameters.size);
    layer.dispose();
  });

  it('counts patches as far as sizes are known', () => {
    const shapeOf = (layer: tfl.layers.Layer, shape: tfl.Shape) => layer.computeOutputShape([null, ...shape]);
    expect(shapeOf(new SmallCnnLayer(cnn), [2, 8, 8, 3])).toEqual([null, 8, 6]);
    expect(shapeOf(new SmallCnnLayer(cnn), [null, 8, 8, 3])).toEqual([null, null, 6]);
    expect(shapeOf(new ResnetLayer({ depth: 50 }), [1, 224, 230, 3])).toEqual([null, 7 * 8, 2048]);
  });
});

describe('visualTransformer as a layer', () => {
  const features = randomTensor<tf.Rank.R3>([b, 8, 6], new Random(5));
  const make = () => new VisualTransformerLayer({ ...encoder, inputWidth: 6 });

  it.each([
    ['all pictures', [features]],
    ['some pictures', [features, pictures]],
  ])('is its module, of %s', async (_, inputs) => {
    const passed = await checkLayer({
      make,
      inputs,
      run(module, [x, there], pass) {
        const { patches, grid: whole, kinds } = patchFeatures(x, there, grid);
        const encoded = module.encode({ input: { features: { patches, grid: whole } }, kinds }, pass);
        return there ? [encoded.patches, encoded.present!] : encoded.patches;
      },
    });
    expect(passed).toContain('saved and loaded, the same output');
  });

  it('gives a presence of ones where all pictures are there', () => {
    const layer = make();
    const [, present] = layer.apply([features, tf.ones([b, v])]) as tf.Tensor[];
    expect([...present.dataSync()]).toEqual(Array(b * 8).fill(1));
    layer.dispose();
  });

  it('refuses patches that fill no grid', () => {
    const layer = make();
    expect(() => layer.apply(tf.zeros([1, 6, 6]))).toThrow(
      'patches must be a multiple of 2 × 2, got [1,6,6]',
    );
    layer.dispose();
  });

  it('trains a backbone before it', async () => {
    const input = tfl.input({ shape: [v, side, side, 3] });
    const before = new SmallCnnLayer(cnn);
    const after = make();
    const outputs = after.apply(before.apply(input)) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: input, outputs });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const filter = before.module.parameters.get('stages.0.filter')!;
    const start = filter.dataSync().slice();
    const history = await model.fit(images, tf.ones([b, 8, 8]), { epochs: 5, verbose: 0, shuffle: false });
    expect(history.history.loss.at(-1)).toBeLessThan(history.history.loss[0] as number);
    expect([...filter.dataSync()]).not.toEqual([...start]);
    model.dispose();
  });
});
