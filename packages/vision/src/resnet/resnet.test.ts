import '@tensorflow/tfjs-backend-cpu';
import { EVALUATION, Random, type StoredTensor, type VisionBackbone, valueAndGradients } from '@raca/core';
import { checkVisionBackbone, largestError, leakedTensors } from '@raca/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { formulaWeights } from '../testing/torchvision-formula';
import { startWasm } from '../testing/wasm';
import { resnetSpec } from './architecture';
import { loadTorchvision, oihwToHwio } from './load-torchvision';
import { resnet } from './resnet';

await startWasm();

const images = (size = 32) => tf.randomNormal([1, 1, size, size, 3], 0, 1, 'float32', 5) as tf.Tensor5D;

it.each([true, false])('keeps the contract, frozen: %s', (frozen) => {
  checkVisionBackbone((random) => resnet({ depth: 18, frozen }, random), 64);
});

// Numbers of weights without the classifier: torchvision's totals (11,689,512 …) less 1000 · (d_v + 1).
it.each([
  [18, 11_176_512],
  [34, 21_284_672],
  [50, 23_508_032],
  [101, 42_500_160],
] as const)('has the %i layers of torchvision', (depth, expected) => {
  const { stem, blocks } = resnetSpec(depth);
  const all = [stem, ...blocks.flatMap((b) => (b.downsample ? [...b.main, b.downsample] : b.main))];
  const count = all.reduce(
    (n, { kernel, input, output }) => n + kernel ** 2 * input * output + 2 * output,
    0,
  );
  expect(count).toBe(expected);
});

describe('frozen', () => {
  const backbone = resnet({ depth: 18 }, new Random(1));

  it('folds anew when a weight is assigned, and keeps no second copy', () => {
    const x = images();
    const before = backbone.extract(x, EVALUATION).patches.dataSync();
    const tensors = tf.memory().numTensors;
    const bias = backbone.parameters.get('layer4.1.bn2.bias')!;
    tf.tidy(() => bias.assign(tf.fill(bias.shape, 5)));
    const { patches } = backbone.extract(x, EVALUATION);
    expect(largestError(before, patches.dataSync())).toBeGreaterThan(0.5);
    patches.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('is the same in training, records nothing and changes nothing', () => {
    const x = images();
    const scale = tf.variable(tf.scalar(1));
    const kept: number[] = [];
    const run = (): tf.Scalar => {
      const before = tf.memory().numTensors;
      const { patches } = backbone.extract(x, { training: true, random: new Random(1) });
      kept.push(tf.memory().numTensors - before);
      return tf.sum(tf.mul(patches, scale));
    };
    const expected = tf.tidy(() => tf.sum(backbone.extract(x, EVALUATION).patches)).dataSync()[0];
    const { value, grads } = tf.variableGrads(run);
    expect(value.dataSync()[0]).toBeCloseTo(expected, 2);
    expect(kept[0]).toBeLessThan(5); // not the 60 results of its layers
    expect(Object.keys(grads)).toEqual([scale.name]);
    expect(leakedTensors(() => backbone.extract(x, EVALUATION).patches)).toBe(0);
  });

  it('frees the folded weights too', () => {
    const before = tf.memory().numTensors;
    const other = resnet({ depth: 18 }, new Random(1));
    tf.dispose(other.extract(images(), EVALUATION).patches);
    other.dispose();
    expect(tf.memory().numTensors - before).toBe(1); // the images
  });
});

describe('trained', () => {
  it('evaluates by running statistics, as the frozen one does', () => {
    const [frozen, trained] = [true, false].map((f) => resnet({ depth: 18, frozen: f }, new Random(1)));
    const weights = { tensors: formulaWeights(frozen), metadata: {} };
    for (const backbone of [frozen, trained]) loadTorchvision(backbone, weights);
    const [a, b] = [frozen, trained].map((m) => m.extract(images(), EVALUATION).patches.dataSync());
    expect(largestError(a, b)).toBeLessThan(1e-5);
  });

  it('gives every weight a gradient and moves the running statistics', async () => {
    await tf.setBackend('cpu'); // the WASM backend alone has no gradient of filters
    const backbone = resnet({ depth: 18, frozen: false }, new Random(1));
    const { value, gradients } = valueAndGradients(
      () =>
        tf.sum(tf.square(backbone.extract(images(16), { training: true, random: new Random(1) }).patches)),
      backbone.parameters,
    );
    const trainable = [...backbone.parameters].filter(([name]) => !name.includes('running_'));
    expect([...gradients.keys()].sort()).toEqual(trainable.map(([name]) => name).sort());
    expect(backbone.parameters.get('bn1.running_mean')!.dataSync()[0]).not.toBe(0);
    tf.dispose([value, ...gradients.values()]);
    await tf.setBackend('wasm');
  });
});

describe('loadTorchvision', () => {
  const backbone = resnet({ depth: 18 }, new Random(2));
  const file = (change: (tensors: Map<string, StoredTensor>) => void, of: VisionBackbone = backbone) => {
    const tensors = formulaWeights(of);
    change(tensors);
    return { tensors, metadata: {} };
  };
  const other: StoredTensor = { dtype: 'F32', shape: [2], bytes: new Uint8Array(8) };

  it('turns filters from OIHW to HWIO', () => {
    // out 2, in 1, 1 × 2: torch [o][i][h][w] = [[[[1, 2]]], [[[3, 4]]]]
    expect([...oihwToHwio(Float32Array.of(1, 2, 3, 4), [1, 2, 1, 2])]).toEqual([1, 3, 2, 4]);
  });

  it('ignores the classifier and the counters of batches', () => {
    const weights = file((t) => t.set('fc.weight', other).set('bn1.num_batches_tracked', other));
    expect(() => loadTorchvision(backbone, weights)).not.toThrow();
  });

  it('names the weight that is missing, surplus or of another shape, and changes nothing', () => {
    const before = backbone.parameters.get('conv1.weight')!.dataSync().slice();
    const load = (change: (tensors: Map<string, StoredTensor>) => void) => () => {
      const weights = file(change);
      weights.tensors.get('conv1.weight')?.bytes.fill(0);
      loadTorchvision(backbone, weights, 'r.safetensors');
    };
    expect(load((t) => t.delete('bn1.bias') && t.delete('bn1.weight'))).toThrow(
      'r.safetensors: weight bn1.weight is missing (and 1 more)',
    );
    expect(load((t) => t.set('layer5.conv', other))).toThrow(
      'r.safetensors: the backbone has no weight layer5.conv',
    );
    expect(load((t) => t.set('layer1.0.conv1.weight', other))).toThrow(
      'r.safetensors: weight layer1.0.conv1.weight must have shape [64,64,3,3], found [2]',
    );
    expect(backbone.parameters.get('conv1.weight')!.dataSync()).toEqual(before);
  });

  it('names a file that is not safetensors', () => {
    expect(() => loadTorchvision(backbone, new Uint8Array(4), 'r.safetensors')).toThrow(/^r\.safetensors: /);
  });
});

it('refuses an unknown depth', () => {
  expect(() => resnet({ depth: 20 as 18 }, new Random(1))).toThrow();
});
